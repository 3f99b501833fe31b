"""Questions about types."""
