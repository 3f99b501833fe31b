// Devices whose clock is wrong
//
// One row a device whose times the pipeline corrects, the worst first.
//
// Parameters
//   bucket: string = telemetry-pipeline  bucket that the pipeline writes its own state to
//   start: time = -1h  first instant
//   stop: time = now  first instant after
// Returns
//   device: string  the device
//   skew_s: float  how far its clock is ahead (below 0: behind), s
//   told: time  when the pipeline last said so
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "bedside" and r._field == "skew_s")
    |> last()
    |> group()
    |> keep(columns: ["device", "_value", "_time"])
    |> map(fn: (r) => ({device: r.device, skew_s: r._value, told: r._time, off: if r._value < 0.0 then -r._value else r._value}))
    |> sort(columns: ["off"], desc: true)
    |> drop(columns: ["off"])
