// Which flows read these nodes?
UNWIND $ids AS id
MATCH (n:Entity {id: id})-[:FEEDS]->(f:Flow)
WITH f, collect(id) AS near
ORDER BY f.id LIMIT $limit
RETURN collect(f {flow: f.id, .process, inputs: near, .outputs, .valid, .confirmed_at, .last_run, .last_at}) AS rows
