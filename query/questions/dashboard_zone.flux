// The ward's time zone, as the pipeline wrote it last
//
// One row; UTC where no pipeline wrote one in the range.
//
// Parameters
//   bucket: string = telemetry-pipeline  bucket that the pipeline writes its own state to
//   start: time = -400d  first instant
//   stop: time = now  first instant after
// Returns
//   zone: string  name of the zone, as Europe/Zurich
import "array"

told =
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "bedside" and r._field == "timezone")
        |> last()
        |> group()
        |> keep(columns: ["_time", "_value"])
        |> rename(columns: {_value: "zone"})
otherwise = array.from(rows: [{_time: params.start, zone: "UTC"}]) |> drop(columns: ["none"])

union(tables: [told, otherwise])
    |> group()
    |> sort(columns: ["_time"], desc: true)
    |> limit(n: 1)
    |> keep(columns: ["zone"])
