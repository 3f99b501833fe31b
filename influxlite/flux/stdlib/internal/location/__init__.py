"""Where the clock of a script stands."""
