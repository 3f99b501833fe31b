"""What a task may ask of itself."""
