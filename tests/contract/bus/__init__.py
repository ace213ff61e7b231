"""What any bus promises, tested on the embedded log and on a real Kafka."""
