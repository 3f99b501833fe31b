"""Tables of Bigtable."""
