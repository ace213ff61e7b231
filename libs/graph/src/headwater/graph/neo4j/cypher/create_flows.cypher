// A flow with its ends, and with the relationships that name it for people.
UNWIND $rows AS row
MATCH (p:Entity {id: row.process})
CREATE (f:Claim:Flow)
SET f = row
FOREACH (_ IN CASE WHEN p:ETLProcess THEN [1] ELSE [] END | CREATE (p)-[:HAS_FLOW]->(f))
WITH f, p, row, p:ETLProcess AND p.ingests AS ingested, p:ETLProcess AND NOT p.ingests AS transformed
CALL (f, p, row, ingested, transformed) {
  UNWIND row.inputs AS input
  MATCH (n:Entity {id: input})
  CREATE (n)-[:FEEDS]->(f)
  FOREACH (_ IN CASE WHEN ingested THEN [1] ELSE [] END | MERGE (n)-[:INGESTED_BY]->(p))
  FOREACH (_ IN CASE WHEN transformed THEN [1] ELSE [] END | MERGE (n)-[:TRANSFORMED_BY]->(p))
}
CALL (f, p, row, ingested, transformed) {
  UNWIND row.outputs AS output
  MATCH (n:Entity {id: output})
  CREATE (f)-[:YIELDS]->(n)
  FOREACH (_ IN CASE WHEN ingested OR transformed THEN [1] ELSE [] END | MERGE (p)-[:PRODUCES]->(n))
}
