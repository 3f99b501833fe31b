import "influxdata/influxdb"

option task = {name: "wide", every: 30m}

from(bucket: "SOURCE")
    |> range(start: -10m)
    |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == "5001")
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> map(fn: (r) => ({r with index: r.leak_rate / r.breath_rate}))
    |> keep(columns: ["_time", "_measurement", "room", "mrn", "index", "spo2"])
    |> group(columns: ["_measurement", "room", "mrn"])
    |> influxdb.wideTo(bucket: "TARGET")
