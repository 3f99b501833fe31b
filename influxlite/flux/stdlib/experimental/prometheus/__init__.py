"""Metrics of Prometheus."""
