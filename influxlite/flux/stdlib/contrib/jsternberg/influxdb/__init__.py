"""Reading a bucket in one call."""
