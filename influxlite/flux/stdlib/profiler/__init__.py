"""How long queries take."""
