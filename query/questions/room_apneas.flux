// Apneas in a room by hour, a series for each patient
//
// One table an MRN: the sum of what the readings report. Windows begin at multiples of `every` since 1970 in UTC. As
// `room_history`, but with the value in `_value`: so Grafana makes the MRN the name of a curve.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   room: string  the room
//   start: time = -12h  first instant
//   stop: time = now  first instant after
//   every: duration = 1h  width of a window
// Returns
//   _time: time  begin of the window
//   mrn: string  the patient's MRN
//   _value: int  events in the window
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r.room == params.room and r._field == "apnea_count")
    |> aggregateWindow(every: params.every, fn: sum, createEmpty: false, timeSrc: "_start")
    |> group(columns: ["mrn"])
    |> keep(columns: ["_time", "_value", "mrn"])
