// Who came and who left in a room
//
// The boundaries of the room's stays as they happened, for annotations.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   room: string  the room
//   start: time = -7d  first instant
//   stop: time = now  first instant after
// Returns
//   _time: time  when it happened
//   room: string  the room
//   mrn: string  the patient's MRN
//   event: string  admitted, left or transferred
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "stay" and r._field == "event" and r.room == params.room)
    |> map(fn: (r) => ({_time: r._time, room: r.room, mrn: r.mrn, event: r._value}))
    |> group()
    |> sort(columns: ["event"], desc: true)
    |> sort(columns: ["_time"])
