"""experimental.addDuration, subDuration: the older names of date.add and date.sub."""

from influxlite.flux.stdlib.registry import flux

PLACE = "?location: {zone: string, offset: duration}"

add_duration = flux(
    f"(d: duration, to: T, {PLACE}) => time where T: Timeable",
    "(d, to, location=location) => date.add(d: d, to: to, location: location)",
    """`to` moved by `d`.

        import "experimental"
        array.from(rows: [{v: experimental.addDuration(d: 6h, to: 2026-01-01T00:00:00Z)}])
    """,
    imports=("date",),
)
sub_duration = flux(
    f"(d: duration, from: T, {PLACE}) => time where T: Timeable",
    "(d, from, location=location) => date.sub(d: d, from: from, location: location)",
    """`from` moved back by `d`.

        import "experimental"
        array.from(rows: [{v: experimental.subDuration(d: 6h, from: 2026-01-01T00:00:00Z)}])
    """,
    imports=("date",),
)
