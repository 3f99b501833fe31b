"""truncateTimeColumn: coarser times."""

from influxlite.flux.stdlib.registry import flux

truncate_time_column = flux(
    "(<-tables: stream[{B with _time: C}], unit: duration, ?timeColumn: A) => stream[{B with _time: C, _time: time}]"
    " where C: Timeable",
    """(timeColumn="_time", unit, tables=<-) => tables
        |> map(fn: (r) => ({r with _time: date.truncate(t: r._time, unit: unit)}))""",
    """Cut `_time` down to whole `unit`s. As in Flux, `timeColumn` changes nothing.

        array.from(rows: [{_time: 2026-01-01T00:01:02Z, _value: 1}]) |> truncateTimeColumn(unit: 1m)
    """,
    imports=("date",),
)
