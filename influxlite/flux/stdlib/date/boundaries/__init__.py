"""Moved to experimental/date/boundaries."""
