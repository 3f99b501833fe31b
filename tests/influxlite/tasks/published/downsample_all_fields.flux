option task = {
    name: "all fields by quarter of an hour",
    every: 15m,
    offset: 1m,
}

from(bucket: "SOURCE")
    |> range(start: -task.every)
    |> filter(fn: (r) => r._measurement == "cpap")
    |> aggregateWindow(every: task.every, fn: last, createEmpty: false)
    |> set(key: "_measurement", value: "cpap_15m")
    |> to(bucket: "TARGET")
