// Which new run confirmed a flow last.
UNWIND $rows AS row
MATCH (r:Run {id: row.run})
MATCH (f:Claim {id: row.flow}) WHERE f:Flow
CREATE (r)-[:RAN]->(f)
