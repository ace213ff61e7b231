UNWIND $ids AS id
MATCH (b:Blob {id: id})
RETURN b.id AS id, b.value AS value
