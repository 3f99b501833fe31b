"""Digests of texts."""
