"""Parts of times, and time arithmetic."""
