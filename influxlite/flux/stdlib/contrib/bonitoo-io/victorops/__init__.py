"""Alerts of VictorOps."""
