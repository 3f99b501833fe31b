"""Logs of Loki."""
