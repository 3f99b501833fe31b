"""Fewer points on nearly the same line."""
