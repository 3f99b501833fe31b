"""What tests of Flux assert beside package `testing`."""
