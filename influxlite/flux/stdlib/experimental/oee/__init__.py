"""How well a machine is used."""
