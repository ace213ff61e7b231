// The same among the kinds of which there are few.
MATCH (n:Output|MLModel|ModelVersion|EvaluationMetric) WHERE n.text CONTAINS $text
  AND n.merged_into IS NULL
  AND n.kind IN $kinds
  AND ($namespace IS NULL OR n.namespace STARTS WITH $namespace)
  AND ($exact IS NULL OR n.namespace IN $exact OR any(p IN $beginnings WHERE n.namespace STARTS WITH p))
WITH n, CASE WHEN $text = '' THEN 2 WHEN n.folded_label ENDS WITH $piece THEN 0 WHEN n.folded_label CONTAINS $piece THEN 1 ELSE 2 END AS rank
WHERE rank > $rank
   OR (rank = $rank AND (n.folded > $folded
   OR (n.folded = $folded AND (n.namespace > $after_namespace
   OR (n.namespace = $after_namespace AND n.id > $after_id)))))
RETURN rank, n.id AS id, n.key_kind AS key_kind, n.namespace AS namespace, n.name AS name, n.kind AS kind, n.label AS label,
       n.status AS status, n.first_seen AS first_seen, n.last_seen AS last_seen, n.card AS card, n.merged_into AS merged_into
ORDER BY rank, n.folded, n.namespace, n.id LIMIT $limit
