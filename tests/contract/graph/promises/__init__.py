"""What any graph store promises, one file per subject; nothing here knows Neo4j or SQLite."""
