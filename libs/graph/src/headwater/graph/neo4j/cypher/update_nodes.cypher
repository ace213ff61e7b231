// Returns the jobs that became ingestion jobs, or ceased to be: their named relationships must change.
UNWIND $rows AS row
MATCH (n:Entity {id: row.id})
WITH n, row, n.ingests AS before
SET n += row.properties
WITH n, row, before WHERE before <> row.properties.ingests
RETURN n.id AS job
