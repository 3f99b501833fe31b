"""What Flux tests itself with."""
