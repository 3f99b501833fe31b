"""True and false."""
