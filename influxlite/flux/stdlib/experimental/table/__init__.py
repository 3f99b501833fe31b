"""Tables without rows."""
