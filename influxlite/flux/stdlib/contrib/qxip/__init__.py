"""Of QXIP."""
