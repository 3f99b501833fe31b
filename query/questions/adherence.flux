// Nights of four hours or more, counted over 30 nights
//
// One row for every night from `start` to `stop`, also for those without a reading: its usage, whether that is 4 hours or
// more, and how many of the 30 nights that end with it were so; of fewer where fewer have passed since `start`. The rule
// of CMS is met where `start` is the begin of therapy and one of the first 90 rows has `nights` 30 and `enough_of_30` 21
// or more, which is 70 %. Over other nights than these it is no CMS figure. Without any reading there is no row.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN
//   start: time = -90d  an instant of the first night: the begin of therapy
//   stop: time = now  first instant after
//   timezone: string = UTC  the ward's zone, in which a night is noon to noon
//   interval: duration = 1m  how often the device reports; a reading stands for three intervals at most
// Returns
//   night: date  the day on which it begins
//   begins: time  noon of that day
//   usage_h: float  time with the mask on, h
//   enough: bool  whether that is 4 h or more
//   nights: int  how many nights were looked at, 30 at most
//   enough_of_30: int  how many of them had 4 h or more
// Source
//   CMS, Local Coverage Determination L33718: use of 4 hours or more on 70 % of nights in 30 consecutive days
//   usage, nights and what a reading stands for: docs/questions.md, "What the figures mean"
// Uses
//   cover
//   nights
import "date"
import "join"
import "timezone"

// Two days earlier, so that the first night is there from its noon on: none is longer.
earlier = time(v: int(v: params.start) - int(v: 2d))
nights =
    cover(
        bucket: params.bucket,
        mrn: params.mrn,
        start: earlier,
        stop: params.stop,
        interval: params.interval,
    )
        |> by_night()
        |> filter(fn: (r) => r._start < params.stop)
        |> map(fn: (r) => ({_time: r._time, used: if r.worn then r.weight else 0}))
        |> group()
        |> range(start: earlier, stop: params.stop)
        |> window(every: 1d, offset: 12h, createEmpty: true)
        |> sum(column: "used")
        |> filter(fn: (r) => r._stop > params.start)
        |> map(fn: (r) => ({begins: r._start, used: if exists r.used then r.used else 0}))
        |> group()
        |> sort(columns: ["begins"])
        |> map(fn: (r) => ({r with enough: hours(ns: r.used) >= 4.0, number: 1}))
        |> map(fn: (r) => ({r with total: if r.enough then 1 else 0}))
        |> cumulativeSum(columns: ["number", "total"])
before = nights |> map(fn: (r) => ({number: r.number + 30, total: r.total}))

join.left(
    left: nights,
    right: before,
    on: (l, r) => l.number == r.number,
    as: (l, r) => ({l with gone: r.total}),
)
    |> map(
        fn: (r) =>
            ({
                night: night_name(t: r.begins),
                begins: r.begins,
                usage_h: hours(ns: r.used),
                enough: r.enough,
                nights: if r.number < 30 then r.number else 30,
                enough_of_30: r.total - (if exists r.gone then r.gone else 0),
            }),
    )
    |> sort(columns: ["begins"])
