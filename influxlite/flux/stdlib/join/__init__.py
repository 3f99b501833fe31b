"""Joins by any condition."""
