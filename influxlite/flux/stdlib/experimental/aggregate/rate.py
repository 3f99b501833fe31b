"""aggregate.rate: growth per span of time."""

from influxlite.flux.stdlib.registry import flux

rate = flux(
    "(<-tables: stream[A], every: duration, ?groupColumns: [string], ?unit: duration) => stream[B]"
    " where A: Record, B: Record",
    """(tables=<-, every, groupColumns=[], unit=1s) => tables
        |> derivative(nonNegative: true, unit: unit)
        |> aggregateWindow(every: every, fn: (tables=<-, column) => tables
            |> mean(column: column)
            |> group(columns: groupColumns)
            |> experimental.group(columns: ["_start", "_stop"], mode: "extend")
            |> sum())""",
    """The rate per `unit` at which counters grow, averaged in windows and summed by `groupColumns`.

        import "experimental/aggregate"
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}, {_time: 2026-01-01T00:01:00Z, _value: 4.0}])
            |> range(start: 2026-01-01T00:00:00Z, stop: 2026-01-01T01:00:00Z)
            |> aggregate.rate(every: 1h, unit: 1m)
    """,
    imports=("experimental",),
)
