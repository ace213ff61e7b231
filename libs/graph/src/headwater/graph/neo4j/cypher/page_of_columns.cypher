MATCH (s:Column) WHERE s.id > $after
WITH s ORDER BY s.id LIMIT $limit
OPTIONAL MATCH (s)<-[e:DERIVED_FROM]-(t:Column)
OPTIONAL MATCH (c:Claim {id: e.claim})
RETURN s.id AS id, s.dataset AS source, s.name AS source_column, t.dataset AS target, t.name AS target_column,
       e.transformations AS transformations, c.valid AS valid
ORDER BY s.id
