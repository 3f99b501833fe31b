// From where on coarser points lack readings: days of which there are more readings than the points stand for, since some
// came late. `start` and `stop` are what to do again: from the first such day on, three days at most; the last whole
// window where there is none. Up to that day, today at the latest, all is complete: that is written down as `until`.
today = date.truncate(t: now(), unit: 1d)
whole = date.truncate(t: now(), unit: params.width)
oldest = if params.kept_s == 0 then 1970-01-01T00:00:00Z else time(v: int(v: today) - (params.kept_s - 172800) * 1000000000)
values =
    from(bucket: params.readings)
        |> range(start: oldest, stop: whole)
        |> filter(fn: (r) => r._measurement == "cpap" and r._field != "flow_image")
        |> aggregateWindow(every: 1d, fn: count, createEmpty: false, timeSrc: "_start")
        |> group(columns: ["_time"])
        |> sum()
        |> map(fn: (r) => ({_time: r._time, of: "readings", _value: r._value}))
known =
    from(bucket: params.coarser)
        |> range(start: oldest, stop: whole)
        |> filter(fn: (r) => r._measurement == "cpap" and r._field =~ /_n$/)
        |> aggregateWindow(every: 1d, fn: sum, createEmpty: false, timeSrc: "_start")
        |> group(columns: ["_time"])
        |> sum()
        |> map(fn: (r) => ({_time: r._time, of: "points", _value: r._value}))
behind =
    union(tables: [values, known])
        |> group()
        |> pivot(rowKey: ["_time"], columnKey: ["of"], valueColumn: "_value")
        |> filter(fn: (r) => exists r.readings and (not exists r.points or r.readings > r.points))
        |> sort(columns: ["_time"])
        |> findColumn(fn: (key) => true, column: "_time")
start = if length(arr: behind) > 0 then behind[0] else time(v: int(v: whole) - int(v: params.width))
stop = if int(v: start) + 259200000000000 < int(v: whole) then time(v: int(v: start) + 259200000000000) else whole
until = if length(arr: behind) > 0 and behind[0] < today then behind[0] else today

array.from(rows: [{_time: now(), _measurement: "downsampled", _field: "until", _value: int(v: until)}])
    |> to(bucket: params.coarser)
    |> yield(name: "mark")
