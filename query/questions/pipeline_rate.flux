// What the pipeline counted, by window
//
// One table a counter: readings_accepted, readings_duplicate, readings_rejected, readings_late, readings_mismatch and
// room_moves. Counters begin again at nought with the server: the count after that is what came since.
//
// Parameters
//   bucket: string = telemetry-pipeline  bucket that the pipeline writes its own state to
//   start: time = -6h  first instant
//   stop: time = now  first instant after
//   every: duration = 5m  width of a window
// Returns
//   _time: time  begin of the window
//   _field: string  the counter
//   _value: int  how many were counted in the window
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(
        fn: (r) =>
            r._measurement == "bedside" and (r._field == "readings_accepted" or r._field == "readings_duplicate" or r._field
                == "readings_rejected" or r._field == "readings_late" or r._field == "readings_mismatch" or r._field
                == "room_moves"),
    )
    |> difference(nonNegative: true, initialZero: true)
    |> aggregateWindow(every: params.every, fn: sum, createEmpty: false, timeSrc: "_start")
    |> keep(columns: ["_time", "_field", "_value"])
