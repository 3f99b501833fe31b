"""monitor.check, deadman, notify: from measurements to statuses, from statuses to notifications."""

from influxlite.flux.stdlib.registry import flux

check = flux(
    "(<-tables: stream[J], data: {A with tags: E, _type: D, _check_name: C, _check_id: B}, messageFn: (r: {F "
    "with _type: D, _time: H, _time: time, _source_timestamp: int, _source_measurement: G, _measurement: G, "
    "_measurement: string, _level: string, _check_name: C, _check_id: B}) => I, ?crit: (r: {F with _time: H, "
    "_measurement: G}) => bool, ?info: (r: {F with _time: H, _measurement: G}) => bool, ?ok: (r: {F with _time: "
    "H, _measurement: G}) => bool, ?warn: (r: {F with _time: H, _measurement: G}) => bool) => stream[{F with "
    "_type: D, _time: H, _time: time, _source_timestamp: int, _source_measurement: G, _message: I, _measurement: "
    "G, _measurement: string, _level: string, _check_name: C, _check_id: B}] where E: Record, J: Record",
    """(tables=<-, data, messageFn, crit=(r) => false, warn=(r) => false, info=(r) => false, ok=(r) => true) => {
        level = (r) =>
            if crit(r: r) then levelCrit
            else if warn(r: r) then levelWarn
            else if info(r: r) then levelInfo
            else if ok(r: r) then levelOK
            else levelUnknown

        return tables
            |> experimental.set(o: data.tags)
            |> experimental.group(mode: "extend", columns: experimental.objectKeys(o: data.tags))
            |> map(fn: (r) => ({r with
                _measurement: "statuses",
                _source_measurement: r._measurement,
                _type: data._type,
                _check_id: data._check_id,
                _check_name: data._check_name,
                _level: level(r: r),
                _source_timestamp: int(v: r._time),
                _time: now(),
            }))
            |> map(fn: (r) => ({r with _message: messageFn(r: r)}))
            |> experimental.group(
                mode: "extend",
                columns: ["_source_measurement", "_type", "_check_id", "_check_name", "_level"],
            )
            |> write()
    }""",
    """Give each row a status: the worst level whose function is true of it, and a message; `write` keeps them.

    `data` names the check: `_check_id`, `_check_name`, `_type`, and `tags` for the statuses.

        import "influxdata/influxdb/monitor"
        option monitor.write = (tables=<-) => tables
        data = {_check_name: "oxygen", _check_id: "1", _type: "threshold", tags: {ward: "3"}}
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _measurement: "cpap", spo2: 84.0}])
            |> group(columns: ["_measurement"])
            |> monitor.check(data: data, messageFn: (r) => r._level, crit: (r) => r.spo2 < 88.0)
    """,
    imports=("experimental",),
)
deadman = flux(
    "(<-tables: stream[{B with _time: C}], t: A) => stream[{B with dead: bool, _time: C}] where A: Comparable, "
    "C: Comparable",
    """(t, tables=<-) => tables |> max(column: "_time") |> map(fn: (r) => ({r with dead: r._time < t}))""",
    """The newest row of each table, and whether it is older than `t`.

        import "influxdata/influxdb/monitor"
        array.from(rows: [{_time: 2026-01-01T00:00:00Z}]) |> monitor.deadman(t: 2026-01-01T00:05:00Z)
    """,
)
notify = flux(
    "(<-tables: stream[E], data: A, endpoint: (<-: stream[{B with _time: C, _time: time, _status_timestamp: int, "
    "_measurement: string}]) => stream[D]) => stream[D] where A: Record, D: Record, E: Record",
    """(tables=<-, endpoint, data) => tables
        |> experimental.set(o: data)
        |> experimental.group(mode: "extend", columns: experimental.objectKeys(o: data))
        |> map(fn: (r) => ({r with
            _measurement: "notifications",
            _status_timestamp: int(v: r._time),
            _time: now(),
        }))
        |> endpoint()
        |> experimental.group(mode: "extend", columns: ["_sent"])
        |> log()""",
    """Send each status to `endpoint`, which adds a column `_sent`, and keep what was sent by `log`.

        import "influxdata/influxdb/monitor"
        option monitor.log = (tables=<-) => tables
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _level: "crit"}])
            |> monitor.notify(
                data: {rule: "night"},
                endpoint: (tables=<-) => tables |> set(key: "_sent", value: "true"),
            )
    """,
    imports=("experimental",),
)
