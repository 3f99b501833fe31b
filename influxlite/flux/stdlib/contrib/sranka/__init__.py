"""Of Pavel Závora."""
