"""Looking into a running script."""
