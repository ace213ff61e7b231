// One list of lists: as a record each, rows cost Bolt and the driver more than what they hold.
UNWIND $ids AS id
MATCH (n:Entity {id: id})
RETURN collect([n.id, n.key_kind, n.namespace, n.name, n.kind, n.label, n.status, n.first_seen, n.last_seen, n.card,
       n.merged_into]) AS rows
