"""timeWeightedAvg: an average in which a value counts for as long as it held."""

from influxlite.flux.stdlib.registry import flux

time_weighted_avg = flux(
    "(<-tables: stream[A], unit: duration) => stream[{B with _value: float, _value: float, _stop: D, _start: C}]"
    " where A: Record",
    """(tables=<-, unit) => tables
        |> integral(unit: unit, interpolate: "linear")
        |> map(fn: (r) => ({r with
            _value: r._value * float(v: uint(v: unit)) / float(v: int(v: r._stop) - int(v: r._start))}))""",
    """The area under the values, drawn on to `_start` and `_stop`, by the length of that time.

        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}, {_time: 2026-01-01T00:10:00Z, _value: 4.0}])
            |> range(start: 2026-01-01T00:00:00Z, stop: 2026-01-01T01:00:00Z)
            |> timeWeightedAvg(unit: 1m)
    """,
)
