"""What any bus promises, asked of the embedded log and of a real Kafka."""
