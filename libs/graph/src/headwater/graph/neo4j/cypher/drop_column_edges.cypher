UNWIND $ids AS id
MATCH (t:Column)-[e:DERIVED_FROM]->(s:Column) WHERE e.claim = id
DELETE e
RETURN collect(DISTINCT t.id) + collect(DISTINCT s.id) AS columns
