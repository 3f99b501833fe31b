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
    "Keeps statuses. A script may set it: `option monitor.write = (tables=<-) => tables`.",
    imports=("experimental",),
)
log = flux(
    "(<-tables: stream[A]) => stream[A] where A: Record",
    "(tables=<-) => tables |> experimental.to(bucket: bucket)",
    "Keeps notifications. A script may set it: `option monitor.log = (tables=<-) => tables`.",
    imports=("experimental",),
)
