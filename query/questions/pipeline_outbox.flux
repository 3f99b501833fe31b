// Age of the oldest line that waits for InfluxDB, for the alert rule
//
// One row: the largest that the pipeline told in the range.
//
// Parameters
//   bucket: string = telemetry-pipeline  bucket that the pipeline writes its own state to
//   start: time = -5m  first instant
//   stop: time = now  first instant after
// Returns
//   _time: time  when it was told
//   _value: float  the age, s
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "bedside" and r._field == "outbox_oldest_s")
    |> group()
    |> max()
    |> keep(columns: ["_time", "_value"])
