// Columns that nothing is derived from or to any more.
UNWIND $ids AS id
MATCH (c:Column {id: id}) WHERE NOT (c)--()
DELETE c
