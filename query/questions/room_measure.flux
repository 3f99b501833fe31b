// One measurement of a room over time, a series for each patient
//
// One table an MRN: the mean of the readings that came for the room and name that patient, by window. As `room_history`,
// but with the value in `_value`: so Grafana makes the MRN the name of a curve.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   room: string  the room
//   field: string  the measurement: breath_rate, cpap_pressure, leak_rate or spo2
//   start: time = -12h  first instant
//   stop: time = now  first instant after
//   every: duration = 5m  width of a window
// Returns
//   _time: time  begin of the window
//   mrn: string  the patient's MRN
//   _value: float  mean of the window's readings, in the measurement's unit
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r.room == params.room and r._field == params.field)
    |> aggregateWindow(every: params.every, fn: mean, createEmpty: false, timeSrc: "_start")
    |> group(columns: ["mrn"])
    |> keep(columns: ["_time", "_value", "mrn"])
