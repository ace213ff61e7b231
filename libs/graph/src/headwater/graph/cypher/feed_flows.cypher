UNWIND $rows AS row
MATCH (n:Entity {id: row.node})
MATCH (f:Claim {id: row.flow})
CREATE (n)-[:FEEDS]->(f)
