// How long every room has been silent
//
// One table a room, one row each: the rooms where somebody lies by the stays, whose monitors should report. A monitor
// that never reported in the range counts as silent since `start`, or since the patient came, whichever is later.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings and stays
//   start: time = -1d  first instant of readings that count
//   stop: time = now  first instant after: silence is judged then
//   stays_start: time = -400d  first instant of stays
// Returns
//   _time: time  `stop`
//   room: string  the room
//   _value: float  how long it has been silent, s
lying =
    from(bucket: params.bucket)
        |> range(start: params.stays_start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "stay" and r._field == "event")
        |> last()
        |> filter(fn: (r) => r._value == "admitted")
        |> keep(columns: ["room", "_time"])
        |> set(key: "told_by", value: "stay")
heard =
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap" and r._field != "flow_image")
        |> last()
        |> keep(columns: ["room", "_time"])
        |> set(key: "told_by", value: "reading")
seconds = (t) => float(v: int(v: params.stop) - int(v: t)) / 1000000000.0

union(tables: [lying, heard])
    |> group(columns: ["room"])
    |> sort(columns: ["_time"])
    |> map(fn: (r) => ({r with lies: if r.told_by == "stay" then 1 else 0, _value: seconds(t: if r._time < params.start then params.start else r._time)}))
    |> cumulativeSum(columns: ["lies"])
    |> tail(n: 1)
    |> filter(fn: (r) => r.lies > 0)
    |> map(fn: (r) => ({_time: params.stop, room: r.room, _value: r._value}))
