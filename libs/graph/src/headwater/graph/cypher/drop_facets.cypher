UNWIND $ids AS id
MATCH (f:Facet {id: id})
DELETE f
