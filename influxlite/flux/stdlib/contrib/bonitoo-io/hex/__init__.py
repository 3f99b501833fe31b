"""Numbers in hexadecimal."""
