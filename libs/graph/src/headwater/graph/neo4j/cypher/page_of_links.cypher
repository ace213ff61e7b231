// Every relationship around models has a version at one end.
MATCH (v:Entity) WHERE v.id > $after AND v:ModelVersion
WITH v ORDER BY v.id LIMIT $limit
OPTIONAL MATCH (v)-[l:USED_IN|TRAINS|HAS_VERSION|GENERATES|EVALUATED_BY]-(:Entity)
RETURN v.id AS id, startNode(l).id AS source, type(l) AS type, endNode(l).id AS target,
       l.since AS since, l.last_run AS last_run
ORDER BY v.id
