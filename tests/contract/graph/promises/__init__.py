"""What any graph store promises, one file per subject, independent of Neo4j and SQLite."""
