// State of every room over time
//
// One table a room, one row a window: the worst that its readings say. 4 apneas (`many_apneas` or
// more in a reading), 3 spo2 (below `low_spo2`), 2 leak (mean above `large_leak`), 1 mask off, 0 steady, -1 no reading. A
// room without any reading in the range has no table.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   start: time = -12h  first instant
//   stop: time = now  first instant after
//   every: duration = 10m  width of a window
//   many_apneas: int = 2  apneas in one reading that are an alarm
//   low_spo2: float = 90.0  oxygen saturation below which it is low, %
//   large_leak: float = 24.0  leak above which it is large, L/min
// Returns
//   _time: time  begin of the window
//   room: string  the room
//   _value: int  the state
windows = (field, fn, createEmpty=false) =>
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap" and r._field == field)
        |> aggregateWindow(every: params.every, fn: fn, createEmpty: createEmpty, timeSrc: "_start")
        |> keep(columns: ["_time", "_value", "room"])
apneas =
    windows(field: "apnea_count", fn: max)
        |> map(fn: (r) => ({_time: r._time, room: r.room, _value: if r._value >= params.many_apneas then 4 else 0}))
spo2 =
    windows(field: "spo2", fn: min)
        |> map(fn: (r) => ({_time: r._time, room: r.room, _value: if r._value < params.low_spo2 then 3 else 0}))
leak =
    windows(field: "leak_rate", fn: mean)
        |> map(fn: (r) => ({_time: r._time, room: r.room, _value: if r._value > params.large_leak then 2 else 0}))
mask =
    windows(field: "mask_on", fn: last)
        |> map(fn: (r) => ({_time: r._time, room: r.room, _value: if r._value then 0 else 1}))
reported =
    windows(field: "cpap_pressure", fn: count, createEmpty: true)
        |> map(fn: (r) => ({_time: r._time, room: r.room, _value: if r._value > 0 then 0 else -1}))

union(tables: [reported, apneas, spo2, leak, mask])
    |> group(columns: ["room", "_time"])
    |> max()
    |> group(columns: ["room"])
    |> sort(columns: ["_time"])
