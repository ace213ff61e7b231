// Which flows read these nodes?
UNWIND $ids AS id
MATCH (n:Entity {id: id})-[:FEEDS]->(f:Flow)
WITH f, collect(id) AS near
ORDER BY f.id LIMIT $limit
RETURN f.id AS flow, f.process AS process, near AS inputs, f.outputs AS outputs, f.valid AS valid,
       f.confirmed_at AS confirmed_at, f.last_run AS last_run, f.last_at AS last_at
