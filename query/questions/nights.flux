// Nights of a patient
//
// One row for every night with a reading: usage, apneas and how pressure and leak were. A night that `start` or `stop`
// falls into counts whole from its noon, and as far as `stop`. Percentiles are weighted by time, while the mask is on.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   start: time = -30d  an instant of the first night
//   stop: time = now  first instant after
//   timezone: string = UTC  the ward's zone, in which a night is noon to noon
//   interval: duration = 1m  how often the device reports; a reading stands for three intervals at most
// Returns
//   night: date  the day on which it begins
//   begins: time  noon of that day
//   ends: time  noon of the next
//   covered_h: float  time that readings stand for, h
//   usage_h: float  covered time with the mask on, h
//   apneas: int  apneas that readings of the night report
//   apnea_index: float  apneas by hours of usage, 1/h; without hypopneas no AHI; empty without usage
//   pressure_p95: float  95th percentile of the mask pressure, cmH2O
//   leak_p95: float  95th percentile of the leak, L/min
// Source
//   usage, nights and what a reading stands for: docs/questions.md, "What the figures mean"
// Uses
//   cover
//   nights
//   percentile
import "array"
import "date"
import "timezone"

readings =
    cover(
        bucket: params.bucket,
        mrn: params.mrn,
        // Two days earlier, so that the first night is there from its noon on: none is longer.
        start: time(v: int(v: params.start) - int(v: 2d)),
        stop: params.stop,
        interval: params.interval,
    )
        |> by_night()
        |> filter(fn: (r) => r._stop > params.start)
worn = readings |> filter(fn: (r) => r.worn)
sums =
    readings
        |> map(
            fn: (r) =>
                ({r with
                    covered: r.weight,
                    used: if r.worn then r.weight else 0,
                    apneas: if r.counted and exists r.apnea_count then r.apnea_count else 0,
                }),
        )
        // The last of running totals is the total: one step over whole columns for all three.
        |> cumulativeSum(columns: ["covered", "used", "apneas"])
        |> tail(n: 1)
indexed =
    sums
        |> filter(fn: (r) => r.used > 0)
        |> map(fn: (r) => ({r with _field: "apnea_index", _value: float(v: r.apneas) / hours(ns: r.used)}))

// A day after noon the clock on the wall shows 11, 12 or 13.
noon_after = (begins) => {
    near = time(v: int(v: begins) + int(v: 24h))

    return time(v: int(v: near) + int(v: 12h) - int(v: 1h) * date.hour(t: near) - int(v: 1m) * date.minute(t: near))
}
figure = (tables=<-, fn, field) => tables |> map(fn: (r) => ({r with _field: field, _value: fn(r: r)}))

union(
    tables: [
        sums |> figure(fn: (r) => hours(ns: r.covered), field: "covered_h"),
        sums |> figure(fn: (r) => hours(ns: r.used), field: "usage_h"),
        sums |> figure(fn: (r) => float(v: r.apneas), field: "apneas"),
        indexed,
        worn
            |> map(fn: (r) => ({night: r.night, begins: r.begins, weight: r.weight, value: r.cpap_pressure}))
            |> percentile(on: ["night", "begins"], percent: 95, field: "pressure_p95"),
        worn
            |> map(fn: (r) => ({night: r.night, begins: r.begins, weight: r.weight, value: r.leak_rate}))
            |> percentile(on: ["night", "begins"], percent: 95, field: "leak_p95"),
    ],
)
    |> keep(columns: ["night", "begins", "_field", "_value"])
    |> group()
    |> pivot(rowKey: ["night", "begins"], columnKey: ["_field"], valueColumn: "_value")
    |> map(fn: (r) => ({r with ends: noon_after(begins: r.begins), apneas: int(v: r.apneas)}))
    |> sort(columns: ["night"])
