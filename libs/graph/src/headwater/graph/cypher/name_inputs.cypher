// For people: what a job reads, by the kind of job that it is.
UNWIND $rows AS row
MATCH (n:Entity {id: row.node})
MATCH (p:Entity {id: row.process}) WHERE p:ETLProcess
FOREACH (_ IN CASE WHEN p.ingests THEN [1] ELSE [] END | MERGE (n)-[:INGESTED_BY]->(p))
FOREACH (_ IN CASE WHEN p.ingests THEN [] ELSE [1] END | MERGE (n)-[:TRANSFORMED_BY]->(p))
