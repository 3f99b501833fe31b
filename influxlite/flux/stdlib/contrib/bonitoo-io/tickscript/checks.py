"""tickscript.defineCheck, alert, deadman: Kapacitor's alerts as checks of InfluxDB."""

from influxlite.flux.stdlib.registry import flux

define_check = flux(
    '(id: A, name: B, ?type: C) => {_check_id: A, _check_name: B, _type: C, tags: {}}',
    '(id, name, type="custom") => ({_check_id: id, _check_name: name, _type: type, tags: {}})',
    """What `alert` and `deadman` need to know of a check.

        import "contrib/bonitoo-io/tickscript"
        array.from(rows: [{v: tickscript.defineCheck(id: "1", name: "oxygen")._check_name}])
    """,
)  # fmt: skip
alert = flux(
    "(<-tables: stream[M], check: {A with tags: E, _type: D, _check_name: C, _check_id: B}, ?crit: (r: {F with "
    "_time: H, _measurement: G}) => bool, ?details: (r: {I with id: J, _check_name: C, _check_id: B}) => K, ?id: "
    "(r: {I with _check_name: C, _check_id: B}) => J, ?info: (r: {F with _time: H, _measurement: G}) => bool, "
    "?message: (r: {F with _type: D, _time: H, _time: time, _source_timestamp: int, _source_measurement: G, "
    "_measurement: G, _measurement: string, _level: string, _check_name: C, _check_id: B}) => L, ?ok: (r: {F "
    "with _time: H, _measurement: G}) => bool, ?topic: string, ?warn: (r: {F with _time: H, _measurement: G}) => "
    "bool) => stream[{F with _type: D, _time: H, _time: time, _source_timestamp: int, _source_measurement: G, "
    "_message: L, _measurement: G, _measurement: string, _level: string, _check_name: C, _check_id: B}] where E: "
    "Record, I: Record, M: Record",
    """(
        check,
        id=(r) => "${r._check_id}",
        details=(r) => "",
        message=(r) => "Threshold Check: ${r._check_name} is: ${r._level}",
        crit=(r) => false,
        warn=(r) => false,
        info=(r) => false,
        ok=(r) => true,
        topic="",
        tables=<-,
    ) => {
        withTopic = if topic == "" then
            (tables=<-) => tables
        else
            (tables=<-) => tables
                |> set(key: "_topic", value: topic)
                |> experimental.group(mode: "extend", columns: ["_topic"])

        return tables
            |> drop(fn: (column) => column =~ /_start.*/ or column =~ /_stop.*/)
            |> map(fn: (r) => ({r with _check_id: check._check_id, _check_name: check._check_name}))
            |> map(fn: (r) => ({r with id: id(r: r)}))
            |> map(fn: (r) => ({r with details: details(r: r)}))
            |> withTopic()
            |> monitor.check(crit: crit, warn: warn, info: info, ok: ok, messageFn: message, data: check)
    }""",
    """Give each row a status, as `monitor.check` does, with an `id`, `details` and, where given, a topic.

        import "influxdata/influxdb/monitor"
        import "contrib/bonitoo-io/tickscript"
        option monitor.write = (tables=<-) => tables
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _measurement: "cpap", spo2: 84.0}])
            |> group(columns: ["_measurement"])
            |> tickscript.alert(check: tickscript.defineCheck(id: "1", name: "oxygen"), crit: (r) => r.spo2 < 88.0)
    """,
    imports=("experimental", "influxdata/influxdb/monitor"),
)
deadman = flux(
    "(<-tables: stream[M], check: {A with tags: E, _type: D, _check_name: C, _check_id: B}, measurement: string, "
    "?id: (r: {F with _check_name: C, _check_id: B}) => G, ?message: (r: {H with dead: bool, _type: D, _time: J, "
    "_time: time, _source_timestamp: int, _source_measurement: I, _measurement: I, _measurement: string, _level: "
    "string, _check_name: C, _check_id: B}) => K, ?threshold: L, ?topic: string) => stream[{H with dead: bool, "
    "_type: D, _time: J, _time: time, _source_timestamp: int, _source_measurement: I, _message: K, _measurement: "
    "I, _measurement: string, _level: string, _check_name: C, _check_id: B}] where E: Record, F: Record, L: "
    "Comparable + Equatable, M: Record",
    """(
        check,
        measurement,
        threshold=0,
        id=(r) => "${r._check_id}",
        message=(r) => "Deadman Check: ${r._check_name} is: " + (if r.dead then "dead" else "alive"),
        topic="",
        tables=<-,
    ) => {
        placeholder = array.from(rows: [{_time: 2000-01-01T00:00:00Z, _field: "unknown", _value: 0}])
            |> set(key: "_measurement", value: measurement)
            |> experimental.group(columns: ["_measurement"], mode: "extend")
            |> schema.fieldsAsCols()
        counts = union(tables: [placeholder, tables])
            |> keep(columns: ["_measurement", "_time"])
            |> duplicate(column: "_measurement", as: "__value__")
            |> count(column: "__value__")
            |> findColumn(fn: (key) => key._measurement == measurement, column: "__value__")
        heard = if counts[0] == 1 then
            placeholder |> drop(columns: ["unknown"]) |> limit(n: 0)
        else
            tables

        return heard
            |> duplicate(column: "_measurement", as: "__value__")
            |> count(column: "__value__")
            |> map(fn: (r) => ({r with _time: now()}))
            |> map(fn: (r) => ({r with dead: r.__value__ <= threshold}))
            |> drop(columns: ["__value__"])
            |> alert(check: check, id: id, message: message, crit: (r) => r.dead, topic: topic)
    }""",
    """A critical status where a measurement has at most `threshold` rows; one without any table is dead as well.

        import "influxdata/influxdb/monitor"
        import "contrib/bonitoo-io/tickscript"
        option monitor.write = (tables=<-) => tables
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _measurement: "cpap", spo2: 84.0}])
            |> group(columns: ["_measurement"])
            |> tickscript.deadman(check: tickscript.defineCheck(id: "1", name: "quiet"), measurement: "cpap")
    """,
    imports=("array", "experimental", "influxdata/influxdb/schema"),
)
