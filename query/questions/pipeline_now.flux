// The pipeline's state, as it last told
//
// One row: what the ingest server wrote about itself, the latest of the range.
//
// Parameters
//   bucket: string = telemetry-pipeline  bucket that the pipeline writes its own state to
//   start: time = -1h  first instant
//   stop: time = now  first instant after
// Returns
//   _time: time  when it was told
//   outbox_lines: int  lines that wait for InfluxDB
//   outbox_oldest_s: float  age of the oldest of them, s
//   forwarding_lag_s: float  from acceptance to InfluxDB, of the oldest line of the last write, s
//   queue_readings: int  readings that wait for the disk
//   quarantine_lines: int  lines that InfluxDB refused for good and that wait for somebody to look
//   rooms_flapping: int  rooms that turn over too often
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "bedside")
    |> filter(
        fn: (r) =>
            r._field == "outbox_lines" or r._field == "outbox_oldest_s" or r._field == "forwarding_lag_s" or r._field
                == "queue_readings" or r._field == "quarantine_lines" or r._field == "rooms_flapping",
    )
    |> last()
    |> drop(columns: ["_start", "_stop", "_measurement"])
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> sort(columns: ["_time"], desc: true)
    |> limit(n: 1)
