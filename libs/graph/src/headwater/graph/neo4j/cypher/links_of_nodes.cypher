// What around models begins or ends at these nodes?
UNWIND $ids AS id
MATCH (n:Entity {id: id})-[l:USED_IN|TRAINS|HAS_VERSION|GENERATES|EVALUATED_BY]-(:Entity)
WITH DISTINCT l
RETURN collect(l {source: startNode(l).id, type: type(l), target: endNode(l).id, .since, .last_run}) AS rows
