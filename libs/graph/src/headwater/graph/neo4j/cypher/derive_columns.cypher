UNWIND $rows AS row
MATCH (t:Column {id: row.target})
MATCH (s:Column {id: row.source})
CREATE (t)-[:DERIVED_FROM {claim: row.claim, owner: row.owner, transformations: row.transformations}]->(s)
