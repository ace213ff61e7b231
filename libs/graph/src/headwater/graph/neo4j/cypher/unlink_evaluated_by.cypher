UNWIND $rows AS row
MATCH (s:Entity {id: row.source})
MATCH (t:Entity {id: row.target})
MATCH (s)-[l:EVALUATED_BY]->(t)
DELETE l
