"""Constants of InfluxQL."""
