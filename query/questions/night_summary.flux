// Figures of one night of a patient
//
// One row, of the readings between `start` and `stop`: how long was measured, how long the mask was on, apneas, and how
// pressure, leak, breath rate and saturation were. Medians and percentiles are weighted by time. Pressure, leak and breath
// rate count while the mask is on, saturation always. Without a reading there is no row.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   start: time = -12h  first instant
//   stop: time = now  first instant after
//   interval: duration = 1m  how often the device reports; a reading stands for three intervals at most
//   large_leak: float = 24.0  leak above this is large, L/min
// Returns
//   mrn: string  the patient's MRN
//   readings: int  readings measured
//   covered_h: float  time that readings stand for, h
//   usage_h: float  covered time with the mask on, h
//   apneas: int  apneas that the readings report
//   apnea_index: float  apneas by hours of usage, 1/h; without hypopneas no AHI; empty without usage
//   pressure_median: float  median of the mask pressure, cmH2O
//   pressure_p95: float  95th percentile of the mask pressure, cmH2O
//   leak_median: float  median of the leak, L/min
//   leak_p95: float  95th percentile of the leak, L/min
//   large_leak_h: float  time with a large leak, h
//   breath_rate_median: float  median of the breath rate, /min
//   spo2_min: float  lowest oxygen saturation, %
//   spo2_below_90_h: float  time below a saturation of 90 %, h
// Source
//   usage, nights and what a reading stands for: docs/questions.md, "What the figures mean"
//   24 L/min and 90 %: conventions, docs/night-report.md, "Sources"
// Uses
//   cover
//   percentile
import "array"

readings =
    cover(
        bucket: params.bucket,
        mrn: params.mrn,
        start: params.start,
        stop: params.stop,
        interval: params.interval,
    )
        |> group(columns: ["mrn"])
worn = readings |> filter(fn: (r) => r.worn)
figure = (tables=<-, fn, field) => tables |> map(fn: (r) => ({mrn: r.mrn, _field: field, _value: fn(r: r)}))
total = (tables=<-, field) => tables |> sum(column: "weight") |> figure(fn: (r) => hours(ns: r.weight), field: field)
sums =
    readings
        |> reduce(
            identity: {readings: 0, used: 0, apneas: 0},
            fn: (r, accumulator) =>
                ({
                    readings: accumulator.readings + (if r.counted then 1 else 0),
                    used: accumulator.used + (if r.worn then r.weight else 0),
                    apneas: accumulator.apneas + (if r.counted and exists r.apnea_count then r.apnea_count else 0),
                }),
        )

// A total of nothing is no row of a sum, but it is 0 hours: each begins with a row of weight 0.
zero = readings |> limit(n: 1) |> map(fn: (r) => ({mrn: r.mrn, weight: 0}))
with_zero = (tables=<-) => union(tables: [zero, tables |> keep(columns: ["mrn", "weight"])])

union(
    tables: [
        sums |> figure(fn: (r) => float(v: r.readings), field: "readings"),
        sums |> figure(fn: (r) => float(v: r.apneas), field: "apneas"),
        sums |> figure(fn: (r) => hours(ns: r.used), field: "usage_h"),
        sums |> filter(fn: (r) => r.used > 0) |> figure(
            fn: (r) => float(v: r.apneas) / hours(ns: r.used),
            field: "apnea_index",
        ),
        readings |> total(field: "covered_h"),
        worn |> filter(fn: (r) => r.leak_rate > params.large_leak) |> with_zero() |> total(field: "large_leak_h"),
        readings |> filter(fn: (r) => r.spo2 < 90.0) |> with_zero() |> total(field: "spo2_below_90_h"),
        readings
            |> filter(fn: (r) => exists r.spo2 and r.weight > 0)
            |> min(column: "spo2")
            |> figure(fn: (r) => r.spo2, field: "spo2_min"),
        worn
            |> map(fn: (r) => ({mrn: r.mrn, weight: r.weight, value: r.cpap_pressure}))
            |> percentile(on: ["mrn"], percent: 50, field: "pressure_median"),
        worn
            |> map(fn: (r) => ({mrn: r.mrn, weight: r.weight, value: r.cpap_pressure}))
            |> percentile(on: ["mrn"], percent: 95, field: "pressure_p95"),
        worn
            |> map(fn: (r) => ({mrn: r.mrn, weight: r.weight, value: r.leak_rate}))
            |> percentile(on: ["mrn"], percent: 50, field: "leak_median"),
        worn
            |> map(fn: (r) => ({mrn: r.mrn, weight: r.weight, value: r.leak_rate}))
            |> percentile(on: ["mrn"], percent: 95, field: "leak_p95"),
        worn
            |> map(fn: (r) => ({mrn: r.mrn, weight: r.weight, value: r.breath_rate}))
            |> percentile(on: ["mrn"], percent: 50, field: "breath_rate_median"),
    ],
)
    |> group()
    |> pivot(rowKey: ["mrn"], columnKey: ["_field"], valueColumn: "_value")
    |> map(fn: (r) => ({r with readings: int(v: r.readings), apneas: int(v: r.apneas)}))
