// Which nodes are other names of this one?
MATCH (n:Entity {merged_into: $id})
RETURN n.id AS id ORDER BY id
