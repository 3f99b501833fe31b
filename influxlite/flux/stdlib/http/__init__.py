"""Other servers by HTTP."""
