"""What Flux keeps for its own tests and for those who look inside."""
