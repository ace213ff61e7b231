UNWIND $rows AS row
MATCH (n:Entity {id: row.node})
MATCH (p:Entity {id: row.process})
MATCH (p)-[old:PRODUCES]->(n)
WHERE NOT EXISTS { (p)-[:HAS_FLOW]->(:Flow)-[:YIELDS]->(n) }
DELETE old
