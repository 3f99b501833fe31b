"""InfluxDB's own HTTP API."""
