// Which nodes are there? By name, along the index.
MATCH (n:Entity) WHERE n.folded >= $folded
  AND (n.folded > $folded
   OR (n.namespace > $after_namespace OR (n.namespace = $after_namespace AND n.id > $after_id)))
  AND n.merged_into IS NULL
  AND ($kinds IS NULL OR n.kind IN $kinds)
  AND ($namespace IS NULL OR n.namespace STARTS WITH $namespace)
  AND ($exact IS NULL OR n.namespace IN $exact OR any(p IN $beginnings WHERE n.namespace STARTS WITH p))
RETURN 2 AS rank, n.id AS id, n.key_kind AS key_kind, n.namespace AS namespace, n.name AS name, n.kind AS kind, n.label AS label,
       n.status AS status, n.first_seen AS first_seen, n.last_seen AS last_seen, n.card AS card, n.merged_into AS merged_into
ORDER BY n.folded, n.namespace, n.id LIMIT $limit
