"""What others have added to Flux."""
