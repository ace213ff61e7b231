"""The only way in: an HTTP door and a Kafka door."""
