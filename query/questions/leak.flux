// Leak of a patient by window
//
// The mean of the readings in each window, wherever the patient lay. A window without a reading has no row.
// Windows begin at multiples of `every` since 1970 in UTC.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   start: time = -12h  first instant
//   stop: time = now  first instant after
//   every: duration = 5m  width of a window
// Returns
//   _time: time  begin of the window
//   mrn: string  the patient's MRN
//   leak_rate: float  mean of the window's readings, L/min
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn and r._field == "leak_rate")
    |> group(columns: ["mrn"])
    |> aggregateWindow(every: params.every, fn: mean, createEmpty: false, timeSrc: "_start")
    |> rename(columns: {_value: "leak_rate"})
    |> drop(columns: ["_start", "_stop"])
