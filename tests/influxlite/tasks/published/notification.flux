// A rule that follows statuses; where it sends to is its own function.
import "influxdata/influxdb/monitor"
import "experimental"

option task = {name: "a rule", every: 5m}

check = {_check_id: "0000000000000abe", _check_name: "CHECK", _type: "custom", tags: {}}
statuses = from(bucket: "SOURCE")
    |> range(start: -10m)
    |> filter(fn: (r) => r._measurement == "cpap" and r._field == "spo2" and r.mrn == "5001")
    |> map(fn: (r) => ({r with spo2: r._value}))
    |> drop(columns: ["_value", "_field"])
    |> group(columns: ["_measurement", "room", "mrn"])

option monitor.write = (tables=<-) => tables

statuses
    |> monitor.check(data: check, messageFn: (r) => r._level, crit: (r) => r.spo2 < 90.0, warn: (r) => r.spo2 < 93.0)
    |> monitor.notify(
        data: {_notification_rule_id: "0000000000000abf", _notification_rule_name: "rule"},
        endpoint: (tables=<-) => tables |> set(key: "_sent", value: "true"),
    )
