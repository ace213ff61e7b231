UNWIND $rows AS row
MATCH (s:Entity {id: row.source})
MATCH (t:Entity {id: row.target})
MATCH (s)-[l:TRAINS]->(t)
DELETE l
