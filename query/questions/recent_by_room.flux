// What the readings of the last minutes say, by room
//
// One table a room that reported in the range, one row each: the largest, the least or the mean of one measurement. For
// alert rules, which name no patient.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   field: string  apnea_count, breath_rate, leak_rate or spo2
//   figure: string = mean  largest, least or mean
//   start: time = -10m  first instant
//   stop: time = now  first instant after
// Returns
//   _time: time  `stop`
//   room: string  the room
//   _value: float  the figure, in the measurement's unit
readings =
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap" and r._field == params.field)
        |> group(columns: ["room"])
answer =
    if params.figure == "largest" then
        readings |> max() |> keep(columns: ["room", "_value"])
    else if params.figure == "least" then
        readings |> min() |> keep(columns: ["room", "_value"])
    else
        readings |> mean() |> keep(columns: ["room", "_value"])

answer |> map(fn: (r) => ({_time: params.stop, room: r.room, _value: float(v: r._value)}))
