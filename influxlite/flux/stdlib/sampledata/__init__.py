"""Small tables to try things with."""
