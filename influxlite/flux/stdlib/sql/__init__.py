"""Tables of other databases."""
