UNWIND $rows AS row
MERGE (f:Facet {id: row.id})
SET f.node = row.node, f.name = row.name, f.value = row.value
