// Stays of a room
//
// Who lay in the room when, oldest first: one row a stay of which a boundary lies between `start` and `stop`.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   room: string  the room
//   start: time = -90d  first instant
//   stop: time = now  first instant after
// Returns
//   room: string  the room
//   mrn: string  the patient's MRN
//   from: time  begin of the stay; empty where it lies before `start`
//   to: time  end of the stay; empty while it lasts at `stop`
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "stay" and r._field == "event" and r.room == params.room)
    |> map(
        fn: (r) =>
            ({
                _time: r._time,
                room: r.room,
                mrn: r.mrn,
                edge: if r._value == "admitted" then "from" else "to",
                number: if r._value == "admitted" then 1 else 0,
            }),
    )
    |> group(columns: ["room", "mrn"])
    |> sort(columns: ["_time"])
    // Each admission begins the next stay of that patient in that room; the end that follows has its number.
    |> cumulativeSum(columns: ["number"])
    |> pivot(rowKey: ["number"], columnKey: ["edge"], valueColumn: "_time")
    |> drop(columns: ["number"])
    |> group()
    |> sort(columns: ["from"])
