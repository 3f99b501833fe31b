// Rooms that are quiet
//
// The rooms of the roster, and any other that reported in the range, whose last reading is at least `silence` old at
// `stop`; the longest quiet first. A room of the roster that never reported in the range counts as quiet since `start`.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   rooms: [string] = []  the roster: rooms that should report
//   start: time = -1d  first instant
//   stop: time = now  first instant after: quiet is judged then
//   silence: duration = 3m  how long a room may say nothing: three reporting intervals
// Returns
//   room: string  the room
//   last_reading: time  its last reading, or the begin of the range where it has none there
//   reported: bool  whether it reported in the range at all
//   quiet_s: int  how long it has been quiet at `stop`, s
import "array"

// The first row keeps an empty roster from being an empty array, which has no columns.
roster = array.concat(
    arr: [{room: "", _time: params.start, reported: 0}],
    v: array.map(arr: params.rooms, fn: (x) => ({room: x, _time: params.start, reported: 0})),
)
expected = array.from(rows: roster) |> filter(fn: (r) => r.room != "")
seen =
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap" and r._field != "flow_image")
        |> last()
        |> keep(columns: ["_time", "room"])
        |> group(columns: ["room"])
        |> max(column: "_time")
        |> map(fn: (r) => ({room: r.room, _time: r._time, reported: 1}))

union(tables: [expected, seen])
    |> group(columns: ["room"])
    |> sort(columns: ["_time", "reported"], desc: true)
    |> limit(n: 1)
    |> group()
    |> map(
        fn: (r) =>
            ({
                room: r.room,
                last_reading: r._time,
                reported: r.reported == 1,
                quiet_s: (int(v: params.stop) - int(v: r._time)) / 1000000000,
            }),
    )
    |> filter(fn: (r) => r.quiet_s >= int(v: params.silence) / 1000000000)
    |> sort(columns: ["room"])
    |> sort(columns: ["quiet_s"], desc: true)
