// Nights of a patient side by side
//
// The mean of one measurement by window, told by its night and by how long after noon the window begins, so that nights
// lie on one axis. Windows begin at multiples of `every` since
// 1970 in UTC.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   field: string = breath_rate  the measurement: breath_rate, cpap_pressure, leak_rate or spo2
//   start: time = -7d  first instant
//   stop: time = now  first instant after
//   every: duration = 10m  width of a window
//   timezone: string = UTC  the ward's zone, in which a night is noon to noon
// Returns
//   night: date  the day on which the night begins
//   begins: time  noon of that day
//   hour: float  begin of the window after noon, h
//   value: float  mean of the readings in the window, in the measurement's unit
// Uses
//   nights
import "date"
import "timezone"

from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn and r._field == params.field)
    |> group()
    |> aggregateWindow(
        every: params.every,
        fn: mean,
        createEmpty: false,
        timeSrc: "_start",
        location: timezone.utc,
    )
    // Without the bounds of the range a window keeps its own: whole nights.
    |> drop(columns: ["_start", "_stop"])
    |> window(every: 1d, offset: 12h)
    |> map(
        fn: (r) =>
            ({
                night: night_name(t: r._start),
                begins: r._start,
                hour: float(v: int(v: r._time) - int(v: r._start)) / 3600000000000.0,
                value: r._value,
            }),
    )
    |> group(columns: ["night", "begins"])
    |> sort(columns: ["hour"])
