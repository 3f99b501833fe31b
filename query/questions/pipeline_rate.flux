// What the pipeline counted, by window
//
// One table a counter. Counters begin again at nought with the server: the count after that is what came since.
//
// Parameters
//   bucket: string = telemetry  bucket that the pipeline writes its own state to
//   counters: [string] = accepted,duplicate,rejected,late,mismatch,moves  which counters
//   start: time = -6h  first instant
//   stop: time = now  first instant after
//   every: duration = 5m  width of a window
// Returns
//   _time: time  begin of the window
//   _field: string  the counter
//   _value: int  how many were counted in the window
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "bedside" and contains(value: r._field, set: params.counters))
    |> difference(nonNegative: true, initialZero: true)
    |> aggregateWindow(every: params.every, fn: sum, createEmpty: false, timeSrc: "_start")
    |> keep(columns: ["_time", "_field", "_value"])
