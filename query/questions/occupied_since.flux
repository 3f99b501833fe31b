// Who lies where, and since when
//
// One row for every room that is occupied at `stop`, by the boundaries of stays since `start`.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   start: time = -90d  first instant
//   stop: time = now  first instant after
// Returns
//   room: string  the room
//   mrn: string  the patient's MRN
//   since: time  begin of the stay
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "stay" and r._field == "event")
    |> last()
    |> filter(fn: (r) => r._value == "admitted")
    |> map(fn: (r) => ({room: r.room, mrn: r.mrn, since: r._time}))
    |> group()
    |> sort(columns: ["room"])
