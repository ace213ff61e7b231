"""The lineage graph: facts, derivation, Neo4j and SQLite stores."""
