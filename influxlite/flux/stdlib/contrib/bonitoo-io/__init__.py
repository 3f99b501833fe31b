"""Of Bonitoo."""
