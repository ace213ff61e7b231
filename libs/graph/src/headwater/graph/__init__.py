"""Where lineage rests: facts, derivation, Neo4j and SQLite stores."""
