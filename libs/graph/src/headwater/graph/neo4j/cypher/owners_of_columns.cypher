// Whose column lineage names one of these datasets?
UNWIND $ids AS id
MATCH (c:Column {dataset: id})-[e:DERIVED_FROM]-(:Column)
RETURN DISTINCT e.owner AS owner
