// Apneas of a patient by hour
//
// How many apneas the readings of each window report. It is a count, not divided by the time that the window's readings
// cover; without hypopneas it is no AHI. Windows begin at multiples of `every` since 1970 in UTC.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   start: time = -12h  first instant
//   stop: time = now  first instant after
//   every: duration = 1h  width of a window
// Returns
//   _time: time  begin of the window
//   mrn: string  the patient's MRN
//   apneas: int  events in the window
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn and r._field == "apnea_count")
    |> group(columns: ["mrn"])
    |> aggregateWindow(every: params.every, fn: sum, createEmpty: false, timeSrc: "_start")
    |> rename(columns: {_value: "apneas"})
    |> drop(columns: ["_start", "_stop"])
