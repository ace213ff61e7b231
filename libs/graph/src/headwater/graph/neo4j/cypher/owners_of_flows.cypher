// Whose flows name one of these nodes?
UNWIND $ids AS id
MATCH (n:Entity {id: id})-[:FEEDS|YIELDS]-(f:Flow)
RETURN DISTINCT f.owner AS owner
