"""monitor.from, logs: statuses and notifications that were kept."""

from influxlite.flux.stdlib.registry import flux

KEPT = """(start, stop=now(), fn{default}) => influxdb.from(bucket: bucket)
    |> range(start: start, stop: stop)
    |> filter(fn: (r) => r._measurement == "{measurement}")
    |> filter(fn: fn)
    |> v1.fieldsAsCols()"""
IMPORTS = ("influxdata/influxdb", "influxdata/influxdb/v1")

from_ = flux(
    "(start: A, ?fn: (r: {B with _value: C, _time: time, _stop: time, _start: time, _measurement: string, "
    "_field: string}) => bool, ?stop: D) => stream[E] where E: Record",
    KEPT.format(default="=(r) => true", measurement="statuses"),
    """The statuses between two times for which `fn` is true, a column for each of their fields.

        import "influxdata/influxdb/monitor"
        monitor.from(start: -1h)
    """,
    IMPORTS,
)
logs = flux(
    "(fn: (r: {A with _value: B, _time: time, _stop: time, _start: time, _measurement: string, _field: string}) "
    "=> bool, start: C, ?stop: D) => stream[E] where E: Record",
    KEPT.format(default="", measurement="notifications"),
    """The notifications between two times for which `fn` is true, a column for each of their fields.

        import "influxdata/influxdb/monitor"
        monitor.logs(start: -1h, fn: (r) => true)
    """,
    IMPORTS,
)
