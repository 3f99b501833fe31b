"""math.pi, e, phi, …, maxfloat, maxint: numbers."""

import math

from influxlite.flux.stdlib.registry import constant
from influxlite.flux.values import UInt

PHI = (1 + math.sqrt(5)) / 2

CONSTANTS = {
    "pi": constant("float", math.pi),
    "e": constant("float", math.e),
    "phi": constant("float", PHI),
    "sqrt2": constant("float", math.sqrt(2)),
    "sqrte": constant("float", math.sqrt(math.e)),
    "sqrtpi": constant("float", math.sqrt(math.pi)),
    "sqrtphi": constant("float", math.sqrt(PHI)),
    "ln2": constant("float", math.log(2)),
    "ln10": constant("float", math.log(10)),
    "log2e": constant("float", 1 / math.log(2)),
    "log10e": constant("float", 1 / math.log(10)),
    "maxfloat": constant("float", 1.7976931348623157e308),
    "smallestNonzeroFloat": constant("float", 5e-324),
    "maxint": constant("int", (1 << 63) - 1),
    "minint": constant("int", -(1 << 63)),
    "maxuint": constant("uint", UInt((1 << 64) - 1)),
}
"""One entry for each name; the registry finds them here."""
