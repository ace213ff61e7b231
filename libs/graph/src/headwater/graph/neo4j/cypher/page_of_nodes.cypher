// Every node with its state, page by page.
MATCH (n:Entity) WHERE n.id > $after
RETURN n.id AS id, n.key_kind AS key_kind, n.namespace AS namespace, n.name AS name, n.kind AS kind, n.label AS label,
       n.status AS status, n.first_seen AS first_seen, n.last_seen AS last_seen, n.card AS card, n.merged_into AS merged_into, n.state AS state
ORDER BY n.id LIMIT $limit
