UNWIND $prefixes AS prefix
MATCH (f:Facet) WHERE f.id STARTS WITH prefix
RETURN f.node AS node, f.name AS name, f.value AS value
