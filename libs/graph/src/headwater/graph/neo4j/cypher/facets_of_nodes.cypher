UNWIND $ids AS id
MATCH (n:Entity {id: id}) WHERE n.facets IS NOT NULL
RETURN n.id AS id, n.facets AS facets
