// Which runs were there? The newest first, along the index.
MATCH (r:Run) WHERE r.seen >= $since AND r.seen <= $until
  AND (r.seen < $until OR r.id < $after)
  AND ($state IS NULL OR r.state = $state)
  AND ($exact IS NULL OR r.namespace IN $exact OR any(p IN $beginnings WHERE r.namespace STARTS WITH p))
RETURN r.id AS id, r.job AS job, r.namespace AS namespace, r.job_name AS job_name, r.run_id AS run_id, r.state AS state,
       r.seen AS seen, r.started_at AS started_at, r.ended_at AS ended_at, r.conflict AS conflict, r.attempts AS attempts,
       r.parent AS parent
ORDER BY r.seen DESC, r.id DESC LIMIT $limit
