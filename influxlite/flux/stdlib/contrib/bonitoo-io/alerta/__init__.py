"""Alerts of Alerta."""
