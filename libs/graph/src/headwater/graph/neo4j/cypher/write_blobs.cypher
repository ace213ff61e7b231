UNWIND $rows AS row
MERGE (b:Blob {id: row.id})
ON CREATE SET b.value = row.value
