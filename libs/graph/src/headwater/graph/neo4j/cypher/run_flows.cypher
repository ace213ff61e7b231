// Which run confirmed a flow last.
UNWIND $rows AS row
MATCH (r:Run {id: row.run})
MATCH (f:Claim {id: row.flow}) WHERE f:Flow
MERGE (r)-[:RAN]->(f)
