"""The parts of a script of Kapacitor."""
