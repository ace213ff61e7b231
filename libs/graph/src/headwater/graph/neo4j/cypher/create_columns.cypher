UNWIND $rows AS row
MERGE (c:Column {id: row.id})
ON CREATE SET c.dataset = row.dataset, c.name = row.name
