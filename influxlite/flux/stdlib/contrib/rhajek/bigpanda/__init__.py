"""Alerts of BigPanda."""
