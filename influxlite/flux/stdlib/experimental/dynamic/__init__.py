"""Values whose type is known when they are used."""
