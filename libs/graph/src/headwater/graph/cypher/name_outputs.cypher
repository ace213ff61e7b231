// For people: what a job writes.
UNWIND $rows AS row
MATCH (p:Entity {id: row.process}) WHERE p:ETLProcess
MATCH (n:Entity {id: row.node})
MERGE (p)-[:PRODUCES]->(n)
