"""All functions of package bitwise, by the path that they had first."""

from influxlite.flux.stdlib.bitwise import operations
from influxlite.flux.stdlib.registry import flux

CONSTANTS = {
    made.name: flux(made.signature, f"bitwise.{made.name}", made.doc, imports=("bitwise",))
    for made in operations.FUNCTIONS
}
"""One entry for each name; the registry finds them here."""
