// Mask pressure of a patient by window
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
//   cpap_pressure: float  mean of the window's readings, cmH2O
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn and r._field == "cpap_pressure")
    |> group(columns: ["mrn"])
    |> aggregateWindow(every: params.every, fn: mean, createEmpty: false, timeSrc: "_start")
    |> rename(columns: {_value: "cpap_pressure"})
    |> drop(columns: ["_start", "_stop"])
