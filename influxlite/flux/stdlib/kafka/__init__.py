"""Messages to Kafka."""
