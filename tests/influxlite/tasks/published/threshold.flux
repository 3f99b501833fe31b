// A threshold check as InfluxDB's own user interface writes it.
import "influxdata/influxdb/monitor"
import "influxdata/influxdb/v1"

data = from(bucket: "SOURCE")
    |> range(start: -5m)
    |> filter(fn: (r) => r["_measurement"] == "cpap")
    |> filter(fn: (r) => r["_field"] == "spo2")
    |> aggregateWindow(every: 5m, fn: min, createEmpty: false)

option task = {name: "Low saturation", every: 5m, offset: 0s}

check = {_check_id: "0000000000000abd", _check_name: "CHECK", _type: "threshold", tags: {}}
ok = (r) => r["spo2"] >= 94.0
warn = (r) => r["spo2"] < 94.0
crit = (r) => r["spo2"] < 90.0
messageFn = (r) => "Check: ${r._check_name} is: ${r._level}"

data
    |> v1["fieldsAsCols"]()
    |> monitor["check"](data: check, messageFn: messageFn, ok: ok, warn: warn, crit: crit)
