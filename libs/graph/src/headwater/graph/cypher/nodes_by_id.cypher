// One list of maps: as a record each, rows cost Bolt and the driver more than what they hold.
UNWIND $ids AS id
MATCH (n:Entity {id: id})
RETURN collect(n {.id, .key_kind, .namespace, .name, .kind, .label, .status, .first_seen, .last_seen, .card,
       .merged_into}) AS rows
