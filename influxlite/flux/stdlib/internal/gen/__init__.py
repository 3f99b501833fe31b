"""Random tables."""
