UNWIND $ids AS id
MATCH (n:Entity {id: id})
RETURN n.id AS id, n.key_kind AS kind, n.namespace AS namespace, n.name AS name, n.state AS state
