// How long a patient's mask leaked more than a threshold
//
// One row for every window with such a leak: how long readings with more than `threshold` stand for, while the mask is on.
// The whole of a reading's time counts for the window that the reading lies in. Windows begin at multiples of `every`
// since 1970 in UTC.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   start: time = -12h  first instant
//   stop: time = now  first instant after
//   threshold: float = 24.0  leak above this counts, L/min
//   every: duration = 1h  width of a window
//   interval: duration = 1m  how often the device reports; a reading stands for three intervals at most
// Returns
//   _time: time  begin of the window
//   minutes: float  time above the threshold, min
// Source
//   usage, nights and what a reading stands for: docs/questions.md, "What the figures mean"
//   24 L/min: a convention of ResMed's, docs/night-report.md, "Sources"
// Uses
//   cover
cover(bucket: params.bucket, mrn: params.mrn, start: params.start, stop: params.stop, interval: params.interval)
    |> filter(fn: (r) => r.worn and r.leak_rate > params.threshold)
    |> keep(columns: ["_time", "weight"])
    |> range(start: params.start, stop: time(v: int(v: params.stop) + 3 * int(v: params.interval)))
    |> aggregateWindow(every: params.every, fn: sum, column: "weight", createEmpty: false, timeSrc: "_start")
    |> map(fn: (r) => ({_time: r._time, minutes: float(v: r.weight) / 60000000000.0}))
