UNWIND $rows AS row
MATCH (n:Entity {id: row.node})
MATCH (p:Entity {id: row.process})
MATCH (n)-[old:TRANSFORMED_BY|INGESTED_BY]->(p)
WHERE NOT EXISTS { (p)-[:HAS_FLOW]->(:Flow)<-[:FEEDS]-(n) }
DELETE old
