// A deadman check as InfluxDB's own user interface writes it.
import "influxdata/influxdb/monitor"
import "experimental"
import "influxdata/influxdb/v1"

data = from(bucket: "SOURCE")
    |> range(start: -1h)
    |> filter(fn: (r) => r["_measurement"] == "cpap")
    |> filter(fn: (r) => r["_field"] == "spo2")

option task = {name: "Silent monitor", every: 1m, offset: 0s}

check = {_check_id: "0000000000000abc", _check_name: "CHECK", _type: "deadman", tags: {ward: "3"}}
crit = (r) => r["dead"]
messageFn = (r) => "Check: ${r._check_name} is: ${if r.dead then "dead" else "alive"} in room ${r.room}"

data
    |> v1["fieldsAsCols"]()
    |> monitor["deadman"](t: experimental["subDuration"](from: now(), d: 5m))
    |> monitor["check"](data: check, messageFn: messageFn, crit: crit)
