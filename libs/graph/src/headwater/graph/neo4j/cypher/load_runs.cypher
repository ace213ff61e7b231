UNWIND $ids AS id
MATCH (r:Run {id: id})
RETURN r.id AS id, r.core AS core, r.facets AS facets
