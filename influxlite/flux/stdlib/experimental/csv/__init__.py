"""CSV from elsewhere."""
