"""Functions that need no import."""
