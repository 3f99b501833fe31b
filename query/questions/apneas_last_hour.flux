// Apneas of the last hour by room
//
// One row for every room with a reading between `start` and `stop`: how many apneas its readings report, whichever patient
// they name, and the most in one reading.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   start: time = -1h  first instant
//   stop: time = now  first instant after
// Returns
//   room: string  the room
//   apneas: int  events
//   most: int  events in the reading that reports the most
readings =
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap" and r._field == "apnea_count")
apneas = readings |> sum() |> group(columns: ["room"]) |> sum() |> map(fn: (r) => ({room: r.room, _field: "apneas", _value: r._value}))
most = readings |> max() |> group(columns: ["room"]) |> max() |> map(fn: (r) => ({room: r.room, _field: "most", _value: r._value}))

union(tables: [apneas, most])
    |> group()
    |> pivot(rowKey: ["room"], columnKey: ["_field"], valueColumn: "_value")
    |> sort(columns: ["room"])
