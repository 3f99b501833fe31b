"""Tables out of CSV."""
