"""JSON of an unknown shape."""
