MATCH (n:Entity) WHERE n.id > $after
RETURN n.id AS id, n.facets AS facets
ORDER BY n.id LIMIT $limit
