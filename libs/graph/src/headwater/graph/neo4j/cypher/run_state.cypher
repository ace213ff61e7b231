MATCH (r:Run {id: $id})
RETURN r.core AS core, r.facets AS facets
