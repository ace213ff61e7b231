// Whose relationships around models name one of these nodes?
UNWIND $ids AS id
MATCH (n:Entity {id: id})-[l:USED_IN|TRAINS|HAS_VERSION|GENERATES|EVALUATED_BY]-(:Entity)
RETURN DISTINCT l.owner AS owner
