// Nights of a patient to compare with the one that is shown
//
// The first row is "none": a dashboard compares with nothing until somebody chooses. Then one row for every night between
// `start` and `shown` that has a reading with a pressure, the last one first: noon to noon in the ward's zone.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   start: time = -90d  an instant of the first night
//   shown: time = -12h  first instant of what is shown, at which the last night is over
//   timezone: string = UTC  the ward's zone
// Returns
//   night: string  the day on which it begins, or none
// Uses
//   nights
import "array"
import "date"
import "timezone"

// Two days more on either side, so that the range cuts no night that it touches: none is longer.
nights =
    from(bucket: params.bucket)
        |> range(start: time(v: int(v: params.start) - int(v: 2d)), stop: time(v: int(v: params.shown) + int(v: 2d)))
        |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn and r._field == "cpap_pressure")
        |> group()
        |> window(every: 1d, offset: 12h)
        |> count()
        |> group()
        |> filter(fn: (r) => r._stop > params.start and r._stop <= params.shown)
        |> map(fn: (r) => ({night: night_name(t: r._start)}))

// Backwards, so that "none" is before all dates.
union(tables: [array.from(rows: [{night: "none"}]), nights]) |> sort(columns: ["night"], desc: true)
