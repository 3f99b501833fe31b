// Nights with readings of a patient
//
// One row for every night of which there is a reading, the latest first: what there is to look at. A night that `start`
// falls into counts whole.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   start: time = -90d  first instant
//   stop: time = now  first instant after
//   timezone: string = UTC  the ward's zone, in which a night is noon to noon
// Returns
//   night: date  the day on which it begins
//   begins: time  noon of that day
//   readings: int  how many readings there are with the measurement that most of them have
// Uses
//   nights
import "date"
import "timezone"

from(bucket: params.bucket)
    // Two days earlier, so that the first night is there from its noon on: none is longer.
    |> range(start: time(v: int(v: params.start) - int(v: 2d)), stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn and r._field != "flow_image")
    |> window(every: 1d, offset: 12h)
    |> count()
    |> filter(fn: (r) => r._stop > params.start)
    |> group(columns: ["_field", "_start"])
    |> sum()
    |> group(columns: ["_start"])
    |> max()
    |> group()
    |> map(fn: (r) => ({night: night_name(t: r._start), begins: r._start, readings: r._value}))
    |> sort(columns: ["begins"], desc: true)
