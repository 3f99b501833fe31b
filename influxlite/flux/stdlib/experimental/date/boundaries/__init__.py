"""Days, weeks and months before now."""
