UNWIND $rows AS row
MERGE (t:Tally {id: row.id})
ON CREATE SET t.what = row.what, t.namespace = row.namespace, t.amount = 0
SET t.amount = t.amount + row.amount
