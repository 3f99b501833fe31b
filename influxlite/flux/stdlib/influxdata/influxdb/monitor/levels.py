"""monitor.levelOK, levelInfo …, and the bucket and the functions that keep statuses."""

from influxlite.flux.stdlib.registry import constant, flux

bucket = constant("string", "_monitoring", "Where statuses and notifications are kept.")
level_o_k = constant("string", "ok", "All is well.")
level_info = constant("string", "info", "Worth knowing.")
level_warn = constant("string", "warn", "Worth looking at.")
level_crit = constant("string", "crit", "Worth hurrying for.")
level_unknown = constant("string", "unknown", "None of the others.")
write = flux(
    "(<-tables: stream[A]) => stream[A] where A: Record",
    "(tables=<-) => tables |> experimental.to(bucket: bucket)",
    """Keeps statuses in the bucket `_monitoring`. A script may set it, as here.

        import "influxdata/influxdb/monitor"
        option monitor.write = (tables=<-) => tables
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _measurement: "statuses", _level: "crit"}]) |> monitor.write()
    """,
    imports=("experimental",),
)
log = flux(
    "(<-tables: stream[A]) => stream[A] where A: Record",
    "(tables=<-) => tables |> experimental.to(bucket: bucket)",
    """Keeps notifications in the bucket `_monitoring`. A script may set it, as here.

        import "influxdata/influxdb/monitor"
        option monitor.log = (tables=<-) => tables
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _measurement: "notifications", _sent: "true"}]) |> monitor.log()
    """,
    imports=("experimental",),
)
