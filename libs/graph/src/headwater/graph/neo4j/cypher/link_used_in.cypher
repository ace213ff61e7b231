UNWIND $rows AS row
MATCH (s:Entity {id: row.source})
MATCH (t:Entity {id: row.target})
MERGE (s)-[l:USED_IN]->(t)
SET l.owner = row.owner, l.since = row.since, l.last_run = row.last_run
