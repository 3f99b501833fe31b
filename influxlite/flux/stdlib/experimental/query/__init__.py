"""The first steps of most queries."""
