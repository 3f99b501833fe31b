"""Values that lie apart."""
