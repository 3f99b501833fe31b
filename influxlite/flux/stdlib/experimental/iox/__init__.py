"""InfluxDB 3."""
