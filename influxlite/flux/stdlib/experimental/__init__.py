"""What Flux calls experimental."""
