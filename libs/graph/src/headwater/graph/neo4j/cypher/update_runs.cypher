UNWIND $rows AS row
MATCH (r:Run {id: row.id})
SET r += row
