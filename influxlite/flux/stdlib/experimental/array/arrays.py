"""All functions of package array, by the path that they had first, and conversions of all elements at once."""

from influxlite.flux.stdlib.array.elements import concat, filter_, map_
from influxlite.flux.stdlib.array.from_ import from_
from influxlite.flux.stdlib.registry import flux

CONSTANTS = {
    made.name: flux(made.signature, f"array.{made.name}", made.doc, imports=("array",))
    for made in (from_, concat, map_, filter_)
}
CONSTANTS |= {
    f"to{name}": flux(
        f"(<-arr: [A]) => [{cast}]",
        f"(arr=<-) => array.map(arr: arr, fn: (x) => {cast}(v: x))",
        f"""All elements as {cast}.

        import "experimental/array"
        array.from(rows: [{{n: length(arr: array.to{name}(arr: ["{example}"]))}}])
        """,
        imports=("array",),
    )
    for name, cast, example in (
        ("Bool", "bool", "true"),
        ("Duration", "duration", "1h"),
        ("Float", "float", "1.5"),
        ("Int", "int", "1"),
        ("String", "string", "a"),
        ("Time", "time", "2026-01-10T22:00:00Z"),
        ("UInt", "uint", "1"),
    )
}
"""One entry for each name; the registry finds them here."""
