// Every room of the ward at a glance, worst first
//
// One row a room: the rooms where somebody lies by the stays, and any other that reported in the range. A room whose
// monitor fell silent keeps its row, since the stays say that it should report. What the newest reading does not say is
// empty. `state` is the worst of: quiet, apneas (`many_apneas` or more in a reading of the last hour), spo2 (below
// `low_spo2`), breath (rate outside `slow_breath` to `fast_breath`), leak (above `large_leak`), mask off, steady.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings and stays
//   start: time = -1d  first instant of readings that count
//   stop: time = now  first instant after: silence is judged then
//   stays_start: time = -400d  first instant of stays: who came before it is not known to lie here
//   silence: duration = 3m  how long a room may say nothing: three reporting intervals
//   many_apneas: int = 2  apneas in one reading that are an alarm
//   low_spo2: float = 90.0  oxygen saturation below which it is low, %
//   slow_breath: float = 9.0  breath rate below which it is slow, /min
//   fast_breath: float = 25.0  breath rate from which it is fast, /min
//   large_leak: float = 24.0  leak above which it is large, L/min
// Returns
//   room: string  the room
//   mrn: string  who lies there by the stays, else whom the last reading names
//   state: string  the worst that holds
//   rank: int  6 for quiet down to 0 for steady: what the rows are sorted by
//   last_reading: time  when the last reading was measured, empty where the range has none
//   quiet_s: int  how long ago that was at `stop`, or since `start` where there is none, s
//   apneas_1h: int  apneas in the hour before `stop`
//   apneas_max: int  most apneas in one reading of that hour
//   breath_rate: float  of the last reading, /min
//   leak_rate: float  of the last reading, L/min
//   spo2: float  of the last reading, %
//   cpap_pressure: float  of the last reading, cmH2O
//   mask_on: bool  of the last reading
//   since: time  since when the patient lies there, empty where the stays name nobody
import "array"
import "date"

// One row with every column, which is taken out again: what nobody reported is then empty, and no unknown column.
// `part` puts the stays last, so that their MRN is the one that stays.
shape =
    array.from(
        rows: [
            {
                room: "",
                part: "",
                mrn: "",
                since: params.stop,
                last_reading: params.stop,
                apneas_1h: 0,
                apneas_max: 0,
                breath_rate: 0.0,
                leak_rate: 0.0,
                spo2: 0.0,
                cpap_pressure: 0.0,
                mask_on: 0.0,
            },
        ],
    )
        |> drop(columns: ["none"])
readings =
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(
            fn: (r) =>
                r._measurement == "cpap" and (r._field == "cpap_pressure" or r._field == "breath_rate" or r._field
                    == "apnea_count" or r._field == "leak_rate" or r._field == "spo2" or r._field == "mask_on"),
        )
        |> last()
        |> drop(columns: ["_start", "_stop", "_measurement"])
        // One type for all, so that they fit into one table: 1.0 is a mask that is on.
        |> toFloat()
        |> group()
        |> pivot(rowKey: ["room", "mrn", "_time"], columnKey: ["_field"], valueColumn: "_value")
        |> group(columns: ["room"])
        |> sort(columns: ["_time"], desc: true)
        |> limit(n: 1)
        |> rename(columns: {_time: "last_reading"})
        |> set(key: "part", value: "readings")
hour =
    from(bucket: params.bucket)
        |> range(start: date.sub(from: params.stop, d: 1h), stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap" and r._field == "apnea_count")
counted =
    hour
        |> sum()
        |> group(columns: ["room"])
        |> sum()
        |> rename(columns: {_value: "apneas_1h"})
most =
    hour
        |> max()
        |> group(columns: ["room"])
        |> max()
        |> keep(columns: ["room", "_value"])
        |> rename(columns: {_value: "apneas_max"})
lying =
    from(bucket: params.bucket)
        |> range(start: params.stays_start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "stay" and r._field == "event")
        |> last()
        |> filter(fn: (r) => r._value == "admitted")
        |> group(columns: ["room"])
        |> keep(columns: ["room", "mrn", "_time"])
        |> rename(columns: {_time: "since"})
        |> set(key: "part", value: "stays")
quiet_s = (r) => (int(v: params.stop) - int(v: if exists r.last_reading then r.last_reading else params.start)) / 1000000000
rank = (r) =>
    if r.quiet_s >= int(v: params.silence) / 1000000000 then
        6
    else if exists r.apneas_max and r.apneas_max >= params.many_apneas then
        5
    else if exists r.spo2 and r.spo2 < params.low_spo2 then
        4
    else if exists r.breath_rate and (r.breath_rate < params.slow_breath or r.breath_rate >= params.fast_breath) then
        3
    else if exists r.leak_rate and r.leak_rate > params.large_leak then
        2
    else if exists r.mask_on and r.mask_on == 0.0 then
        1
    else
        0
names = ["steady", "mask off", "leak", "breath", "spo2", "apneas", "quiet"]

union(tables: [shape, readings, counted, most, lying])
    |> group(columns: ["room"])
    |> sort(columns: ["part"])
    |> fill(column: "mrn", usePrevious: true)
    |> fill(column: "since", usePrevious: true)
    |> fill(column: "last_reading", usePrevious: true)
    |> fill(column: "apneas_1h", usePrevious: true)
    |> fill(column: "apneas_max", usePrevious: true)
    |> fill(column: "breath_rate", usePrevious: true)
    |> fill(column: "leak_rate", usePrevious: true)
    |> fill(column: "spo2", usePrevious: true)
    |> fill(column: "cpap_pressure", usePrevious: true)
    |> fill(column: "mask_on", usePrevious: true)
    |> tail(n: 1)
    |> group()
    |> filter(fn: (r) => r.room != "")
    |> map(fn: (r) => ({r with quiet_s: quiet_s(r: r)}))
    |> map(fn: (r) => ({r with rank: rank(r: r)}))
    |> map(fn: (r) => ({r with state: names[r.rank]}))
    |> map(fn: (r) => ({r with mask_on: r.mask_on == 1.0}))
    |> keep(
        columns: [
            "room",
            "mrn",
            "state",
            "rank",
            "last_reading",
            "quiet_s",
            "apneas_1h",
            "apneas_max",
            "breath_rate",
            "leak_rate",
            "spo2",
            "cpap_pressure",
            "mask_on",
            "since",
        ],
    )
    |> sort(columns: ["rank", "quiet_s", "apneas_1h"], desc: true)
