"""Functions of records."""
