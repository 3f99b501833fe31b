// When readings begin and end
//
// The first and the last point of every series of a patient, or of all: each patient's readings lie between them.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string = ""  the patient's MRN; "" means everyone
//   start: time = 1970-01-01T00:00:00Z  first instant
//   stop: time = now  first instant after
// Returns
//   _time: time  when it was measured
//   mrn: string  the patient's MRN
readings =
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap")
        |> filter(fn: (r) => params.mrn == "" or r.mrn == params.mrn)

union(
    tables: [
        readings |> first() |> keep(columns: ["_time", "mrn"]),
        readings |> last() |> keep(columns: ["_time", "mrn"]),
    ],
)
