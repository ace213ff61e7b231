UNWIND $rows AS row
MATCH (p:Entity {id: row.node}) WHERE p:ETLProcess
MATCH (f:Claim {id: row.flow})
CREATE (p)-[:HAS_FLOW]->(f)
