import "influxdata/influxdb/tasks"

option task = {name: "since the last success", every: 1h}

from(bucket: "SOURCE")
    |> range(start: tasks.lastSuccess(orTime: -30m))
    |> filter(fn: (r) => r._measurement == "cpap" and r._field == "spo2")
    |> count()
    |> map(fn: (r) => ({r with _time: r._stop}))
    |> to(bucket: "TARGET")
