"""Tables out of nothing."""
