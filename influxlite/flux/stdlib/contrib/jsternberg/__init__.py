"""Flux packages by Jonathan Sternberg."""
