// An earlier night of a patient, laid over the one that is looked at
//
// The mean by window in that night, at the same time after noon as the range from `start` to `stop` in its own night;
// `_time` is moved into the range, so that both curves lie on one axis. Where `night` is no date, as none, there is no row.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   field: string = breath_rate  the measurement: breath_rate, cpap_pressure, leak_rate or spo2
//   night: string  the earlier night, by the day on which it begins, as 2026-01-10
//   start: time = -12h  first instant of the range that is looked at
//   stop: time = now  first instant after
//   every: duration = 5m  width of a window
//   timezone: string = UTC  the ward's zone, in which a night is noon to noon
// Returns
//   _time: time  begin of the window, moved into the range
//   night: string  the earlier night
//   _value: float  mean of the window's readings, in the measurement's unit
// Uses
//   nights
import "date"
import "timezone"

day_ns = int(v: 24h)
clock_ns = (t) => int(v: 1h) * date.hour(t: t) + int(v: 1m) * date.minute(t: t)

// The day on which the night of an instant begins: that of 13 hours before where the clock shows less than noon.
night_of = (t) => night_name(t: if date.hour(t: t) >= 12 then t else time(v: int(v: t) - int(v: 13h)))

// Noon of a day on the ward's wall: from noon in UTC by what the ward's clock shows then. No zone changes its clocks between
// the two. East of +12:00 it is the next day already.
noon_of = (night) => {
    noon = time(v: night + "T12:00:00Z")
    ahead = clock_ns(t: noon) + (if night_name(t: noon) == night then 0 else day_ns)

    return int(v: noon) - ahead + int(v: 12h)
}
chosen = params.night =~ /^\d{4}-\d\d-\d\d$/
night = if chosen then params.night else night_of(t: params.start)
moved = noon_of(night: night_of(t: params.start)) - noon_of(night: night)

from(bucket: params.bucket)
    |> range(start: time(v: int(v: params.start) - moved), stop: time(v: int(v: params.stop) - moved))
    |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn and r._field == params.field)
    |> group()
    |> aggregateWindow(every: params.every, fn: mean, createEmpty: false, timeSrc: "_start")
    |> filter(fn: (r) => chosen)
    |> map(fn: (r) => ({_time: time(v: int(v: r._time) + moved), night: params.night, _value: r._value}))
    |> group(columns: ["night"])
