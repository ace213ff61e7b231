"""How events travel: one port, Kafka and an embedded log."""
