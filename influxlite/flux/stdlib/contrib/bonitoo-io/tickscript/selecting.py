"""tickscript.select, selectWindow, compute, groupBy, join: the nodes of a TICKscript that shape data."""

from influxlite.flux.stdlib.registry import flux

SELECT = (
    "(<-tables: B, as: string, ?column: A, ?fn: (<-: B, column: A) => stream[C]) => stream[D] where A: "
    "Equatable, C: Record, D: Record"
)

select = flux(
    SELECT,
    """(column="_value", fn=(column, tables=<-) => tables, as, tables=<-) => {
        from = column
        to = as

        return tables
            |> fn(column: from)
            |> rename(fn: (column) => if column == from then to else column)
    }""",
    """A column under another name, after `fn` has aggregated it.

        import "contrib/bonitoo-io/tickscript"
        array.from(rows: [{_value: 1.0}, {_value: 3.0}]) |> tickscript.select(fn: mean, as: "average")
    """,
)
compute = flux(
    SELECT,
    "select",
    """Another name of `select`.

        import "contrib/bonitoo-io/tickscript"
        array.from(rows: [{_value: 1.0}, {_value: 3.0}]) |> tickscript.compute(fn: sum, as: "total")
    """,
)
select_window = flux(
    "(<-tables: stream[A], as: string, ?column: string, fn: (<-: stream[B], column: string) => stream[C],"
    " every: duration, defaultValue: D) => stream[E] where A: Record, B: Record, C: Record, E: Record",
    """(column="_value", fn, as, every, defaultValue, tables=<-) => {
        from = column
        to = as

        return tables
            |> aggregateWindow(every: every, fn: fn, column: from, createEmpty: true)
            |> fill(column: from, value: defaultValue)
            |> rename(fn: (column) => if column == from then to else column)
    }""",
    """A column aggregated in windows under another name; windows without rows have `defaultValue`.

        import "contrib/bonitoo-io/tickscript"
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}])
            |> range(start: 2026-01-01T00:00:00Z, stop: 2026-01-01T00:02:00Z)
            |> tickscript.selectWindow(every: 1m, fn: sum, as: "total", defaultValue: 0.0)
    """,
)
group_by = flux(
    "(<-tables: stream[A], columns: [string]) => stream[A] where A: Record",
    """(columns, tables=<-) => tables
        |> group(columns: columns)
        |> experimental.group(columns: ["_measurement"], mode: "extend")""",
    """Group by columns and by `_measurement`.

        import "contrib/bonitoo-io/tickscript"
        array.from(rows: [{_measurement: "m", room: "101", _value: 1}]) |> tickscript.groupBy(columns: ["room"])
    """,
    imports=("experimental",),
)
join = flux(
    "(measurement: A, tables: B, ?on: [string]) => stream[{C with _measurement: A}] where B: Record, C: Record",
    """(tables, on=["_time"], measurement) => universe.join(tables: tables, on: on)
        |> map(fn: (r) => ({r with _measurement: measurement}))
        |> experimental.group(columns: ["_measurement"], mode: "extend")""",
    """Rows of two streams side by side, under a new measurement.

        import "contrib/bonitoo-io/tickscript"
        a = array.from(rows: [{_time: 2026-01-01T00:00:00Z, x: 1}])
        b = array.from(rows: [{_time: 2026-01-01T00:00:00Z, y: 2}])
        tickscript.join(tables: {a: a, b: b}, measurement: "both")
    """,
    imports=("experimental", "universe"),
)
