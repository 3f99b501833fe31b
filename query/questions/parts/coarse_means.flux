// The mean of a field by window and patient, from coarser points of the readings: each mean counts as often as it stands
// for readings, so that it is the mean of the readings themselves. One table a patient, the window's begin in `_time`.
coarse_means = (points, field, every) => {
    counted =
        points
            |> filter(fn: (r) => r._field == field or r._field == field + "_n")
            |> map(fn: (r) => ({r with _field: if r._field == field then "mean" else "n"}))
            |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")

    return
        union(
            tables: [
                counted |> map(fn: (r) => ({r with of: "n", _value: float(v: r.n)})),
                counted |> map(fn: (r) => ({r with of: "total", _value: r.mean * float(v: r.n)})),
            ],
        )
            |> group(columns: ["mrn", "of"])
            |> aggregateWindow(every: every, fn: sum, createEmpty: false, timeSrc: "_start")
            |> keep(columns: ["_time", "mrn", "of", "_value"])
            |> group(columns: ["mrn"])
            |> pivot(rowKey: ["_time"], columnKey: ["of"], valueColumn: "_value")
            |> map(fn: (r) => ({_time: r._time, mrn: r.mrn, _value: r.total / r.n}))
            |> group(columns: ["mrn"])
}
