"""What an organization of InfluxDB Cloud uses."""
