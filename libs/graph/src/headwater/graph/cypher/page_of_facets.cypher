MATCH (f:Facet) WHERE f.id > $after
RETURN f.id AS id, f.node AS node, f.name AS name, f.value AS value
ORDER BY f.id LIMIT $limit
