"""The machine that a script runs on."""
