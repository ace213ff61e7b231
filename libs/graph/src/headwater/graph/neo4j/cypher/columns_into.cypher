// From which columns are these datasets derived?
UNWIND $ids AS id
MATCH (t:Column {dataset: id})-[e:DERIVED_FROM]->(s:Column)
WITH s, e, t LIMIT $limit
MATCH (c:Claim {id: e.claim})
RETURN s.dataset AS source, s.name AS source_column, t.dataset AS target, t.name AS target_column,
       e.transformations AS transformations, c.valid AS valid
