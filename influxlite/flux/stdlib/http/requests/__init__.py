"""Other servers by HTTP, with all of their answers."""
