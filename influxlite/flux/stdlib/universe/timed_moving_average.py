"""timedMovingAverage: the average of a span of time, again and again."""

from influxlite.flux.stdlib.registry import flux

timed_moving_average = flux(
    "(<-tables: stream[A], every: duration, period: duration, ?column: string) => stream[B] where A: Record, B: Record",
    """(every, period, column="_value", tables=<-) => tables
        |> aggregateWindow(every: every, period: period, column: column, fn: mean, createEmpty: false)""",
    """The average of `column` over `period`, a row `every` so often: an `aggregateWindow`, as InfluxDB plans it.

        array.from(rows: [{_time: 2026-01-10T22:10:00Z, _value: 1.0}])
            |> range(start: 2026-01-10T22:00:00Z, stop: 2026-01-10T23:00:00Z)
            |> timedMovingAverage(every: 10m, period: 20m)
    """,
)
