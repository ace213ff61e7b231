UNWIND $rows AS row
MATCH (f:Claim {id: row.flow})
MATCH (n:Entity {id: row.node})
CREATE (f)-[:YIELDS]->(n)
