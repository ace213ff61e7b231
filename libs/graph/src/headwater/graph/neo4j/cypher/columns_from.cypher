// Which columns are derived from these datasets?
UNWIND $ids AS id
MATCH (s:Column {dataset: id})<-[e:DERIVED_FROM]-(t:Column)
WITH s, e, t LIMIT $limit
MATCH (c:Claim {id: e.claim})
RETURN s.dataset AS source, s.name AS source_column, t.dataset AS target, t.name AS target_column,
       e.transformations AS transformations, c.valid AS valid
