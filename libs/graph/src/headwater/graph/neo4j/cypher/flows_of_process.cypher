MATCH (f:Flow {process: $id})
RETURN f.id AS flow, f.process AS process, f.inputs AS inputs, f.outputs AS outputs, f.valid AS valid,
       f.confirmed_at AS confirmed_at, f.last_run AS last_run, f.last_at AS last_at
ORDER BY f.id LIMIT $limit
