"""How queries are planned."""
