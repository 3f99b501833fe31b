"""Of Robert Hajek."""
