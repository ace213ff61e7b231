// Datasets that a model serves carry the label Output too.
UNWIND $ids AS id
MATCH (n:Entity {id: id})
SET n:Output
