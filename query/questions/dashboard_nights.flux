// Nights of a patient to choose from, and where each begins and ends
//
// One row for every night that the range touches and that has a reading with a pressure, the last one first: noon to noon
// in the ward's zone.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   start: time = -30d  first instant
//   stop: time = now  first instant after
//   timezone: string = UTC  the ward's zone
// Returns
//   night: string  the day on which it begins
//   readings: int  readings of the night with a pressure
//   from_ms: int  the noon at which it begins, ms since 1970
//   to_ms: int  the noon at which it ends, ms since 1970
// Uses
//   nights
import "date"
import "timezone"

// Two days more on either side, so that the range cuts no night that it touches: none is longer.
from(bucket: params.bucket)
    |> range(start: time(v: int(v: params.start) - int(v: 2d)), stop: time(v: int(v: params.stop) + int(v: 2d)))
    |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn and r._field == "cpap_pressure")
    |> group()
    |> window(every: 1d, offset: 12h)
    |> count()
    |> group()
    |> filter(fn: (r) => r._stop > params.start and r._start < params.stop)
    |> map(
        fn: (r) =>
            ({
                night: night_name(t: r._start),
                readings: r._value,
                from_ms: int(v: r._start) / 1000000,
                to_ms: int(v: r._stop) / 1000000,
            }),
    )
    |> sort(columns: ["night"], desc: true)
