"""anomalydetection.mad: rows that lie far from the median of their time."""

from influxlite.flux.stdlib.registry import flux

mad = flux(
    "(<-table: stream[B], ?threshold: A) => stream[{C with level: string, _value_diff_med: D, _value_diff: D, "
    "_value: D}] where A: Comparable + Equatable, B: Record, D: Comparable + Divisible + Equatable",
    """(table=<-, threshold=3.0) => {
        data = table |> group(columns: ["_time"], mode: "by")
        med = data |> median(column: "_value")
        diff = join(tables: {data: data, med: med}, on: ["_time"], method: "inner")
            |> map(fn: (r) => ({r with _value: math.abs(x: r._value_data - r._value_med)}))
            |> drop(columns: ["_start", "_stop", "_value_med", "_value_data"])
        diff_med = diff
            |> median(column: "_value")
            |> map(fn: (r) => ({r with MAD: 1.4826 * r._value}))
            |> filter(fn: (r) => r.MAD > 0.0)

        return join(tables: {diff: diff, diff_med: diff_med}, on: ["_time"], method: "inner")
            |> map(fn: (r) => ({r with _value: r._value_diff / r._value_diff_med}))
            |> map(fn: (r) => ({r with level: if r._value >= threshold then "anomaly" else "normal"}))
    }""",
    """How far each value is from the median of all values of its time, in median absolute deviations; from `threshold`
    on its `level` is "anomaly", else "normal".

        import "contrib/anaisdg/anomalydetection"
        array.from(rows: [
            {_time: 2026-01-01T00:00:00Z, room: "101", _value: 1.0},
            {_time: 2026-01-01T00:00:00Z, room: "102", _value: 2.0},
            {_time: 2026-01-01T00:00:00Z, room: "103", _value: 9.0},
        ]) |> anomalydetection.mad()
    """,
    imports=("math",),
)
