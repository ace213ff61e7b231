"""Real Kafka, Neo4j and PostgreSQL as plain processes."""
