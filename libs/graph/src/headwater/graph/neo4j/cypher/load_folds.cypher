UNWIND $ids AS id
MATCH (c:Claim {id: id})
RETURN c.id AS id, c.fold AS fold
