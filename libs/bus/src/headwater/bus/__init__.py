"""The event bus: one port, with adapters for Kafka and an embedded log."""
