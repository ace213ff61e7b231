MATCH (r:Run {job: $job})
RETURN r.id AS id, r.core AS core
