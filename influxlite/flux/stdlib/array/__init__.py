"""Tables out of arrays, and functions of arrays."""
