// Offsets only grow.
UNWIND $rows AS row
MERGE (o:Offset {id: row.id})
ON CREATE SET o.topic = row.topic, o.partition = row.partition, o.next = row.next
SET o.next = CASE WHEN o.next < row.next THEN row.next ELSE o.next END
