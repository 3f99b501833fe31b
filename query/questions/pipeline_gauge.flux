// One figure of the pipeline over time
//
// The largest that was told in each window, so that no peak is lost.
//
// Parameters
//   bucket: string = telemetry-pipeline  bucket that the pipeline writes its own state to
//   figure: string  outbox_lines, outbox_oldest_s, forwarding_lag_s, queue_readings or quarantine_lines
//   start: time = -6h  first instant
//   stop: time = now  first instant after
//   every: duration = 1m  width of a window
// Returns
//   _time: time  begin of the window
//   _field: string  the figure
//   _value: float  the largest in the window
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "bedside" and r._field == params.figure)
    |> aggregateWindow(every: params.every, fn: max, createEmpty: false, timeSrc: "_start")
    |> toFloat()
    |> keep(columns: ["_time", "_field", "_value"])
