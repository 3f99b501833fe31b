// The example of InfluxData's "Get started with tasks".
option task = {name: "downsample", every: 1h}

data = from(bucket: "SOURCE")
    |> range(start: -duration(v: int(v: task.every) * 2))
    |> filter(fn: (r) => r._measurement == "cpap" and r._field == "spo2")

data
    |> aggregateWindow(every: 5m, fn: mean)
    |> to(bucket: "TARGET")
