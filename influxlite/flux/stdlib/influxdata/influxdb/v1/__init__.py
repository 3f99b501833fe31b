"""The packages of InfluxDB 1, under their older names."""
