"""Of Craig Hobbs."""
