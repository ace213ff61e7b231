MATCH (r:Run) WHERE r.id > $after
RETURN r.id AS id, r.job AS job, r.namespace AS namespace, r.job_name AS job_name, r.run_id AS run_id, r.state AS state,
       r.seen AS seen, r.started_at AS started_at, r.ended_at AS ended_at, r.conflict AS conflict, r.attempts AS attempts,
       r.parent AS parent, r.facets AS facets
ORDER BY r.id LIMIT $limit
