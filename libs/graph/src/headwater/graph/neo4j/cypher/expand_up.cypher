// Which flows write these nodes?
UNWIND $ids AS id
MATCH (n:Entity {id: id})<-[:YIELDS]-(f:Flow)
WITH f, collect(id) AS near
ORDER BY f.id LIMIT $limit
RETURN collect(f {flow: f.id, .process, .inputs, outputs: near, .valid, .confirmed_at, .last_run, .last_at}) AS rows
