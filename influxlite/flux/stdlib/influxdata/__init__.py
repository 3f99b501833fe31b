"""What belongs to InfluxDB rather than to Flux."""
