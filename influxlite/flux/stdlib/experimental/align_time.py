"""experimental.alignTime: tables that begin together."""

from influxlite.flux.stdlib.registry import flux

align_time = flux(
    "(<-tables: stream[B], ?alignTo: A) => stream[C] where B: Record, C: Record",
    """(tables=<-, alignTo=time(v: 0)) => tables
        |> stateDuration(fn: (r) => true, column: "timeDiff", unit: 1ns)
        |> map(fn: (r) => ({r with _time: time(v: int(v: alignTo) + r.timeDiff)}))
        |> drop(columns: ["timeDiff"])""",
    """Move the times of each table so that its first row is at `alignTo`, to compare one night with another.

        import "experimental"
        array.from(rows: [{_time: 2026-01-01T22:00:00Z, _value: 1}, {_time: 2026-01-01T23:00:00Z, _value: 2}])
            |> experimental.alignTime(alignTo: 2026-01-02T00:00:00Z)
    """,
)
