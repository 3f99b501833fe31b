"""Buckets: reading, writing and listing them."""
