// Rooms to choose from
//
// One row a room that reported in the range or in which somebody was admitted since `stays_start`.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings and stays
//   start: time = -12h  first instant of readings
//   stop: time = now  first instant after
//   stays_start: time = -400d  first instant of stays
// Returns
//   room: string  the room
reported =
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap")
        |> keep(columns: ["room"])
        |> group()
        |> distinct(column: "room")
stayed =
    from(bucket: params.bucket)
        |> range(start: params.stays_start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "stay")
        |> keep(columns: ["room"])
        |> group()
        |> distinct(column: "room")

union(tables: [reported, stayed])
    |> group()
    |> distinct()
    |> sort()
    |> rename(columns: {_value: "room"})
