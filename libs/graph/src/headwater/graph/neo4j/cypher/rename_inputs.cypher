// A job turned out to be of another kind: what it reads is named anew.
UNWIND $ids AS id
MATCH (n:Entity)-[old:TRANSFORMED_BY|INGESTED_BY]->(p:Entity {id: id})
DELETE old
FOREACH (_ IN CASE WHEN p.ingests THEN [1] ELSE [] END | MERGE (n)-[:INGESTED_BY]->(p))
FOREACH (_ IN CASE WHEN p.ingests THEN [] ELSE [1] END | MERGE (n)-[:TRANSFORMED_BY]->(p))
