"""Values for tests of Flux."""
