"""Of Tom Hollingworth."""
