"""boolean.true, false."""

from influxlite.flux.stdlib.registry import constant

CONSTANTS = {"true": constant("bool", True, "True."), "false": constant("bool", False, "False.")}
