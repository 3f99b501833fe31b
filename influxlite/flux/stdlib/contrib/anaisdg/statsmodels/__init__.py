"""Lines through points."""
