// Flow images of a patient
//
// The images that monitors sent, by their digest: `GET /v1/images/{sha256}` answers the picture.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   start: time = -12h  first instant
//   stop: time = now  first instant after
// Returns
//   _time: time  when it was measured
//   room: string  the room
//   flow_image: string  SHA-256 of the image
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn and r._field == "flow_image")
    |> map(fn: (r) => ({_time: r._time, room: r.room, flow_image: r._value}))
    |> group()
    |> sort(columns: ["_time"])
