// What around models begins or ends at these nodes?
UNWIND $ids AS id
MATCH (n:Entity {id: id})-[l:USED_IN|TRAINS|HAS_VERSION|GENERATES|EVALUATED_BY]-(:Entity)
WITH DISTINCT l
RETURN startNode(l).id AS source, type(l) AS type, endNode(l).id AS target, l.since AS since, l.last_run AS last_run
