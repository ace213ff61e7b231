"""What any graph store promises, a file a subject; nothing here knows Neo4j or SQLite."""
