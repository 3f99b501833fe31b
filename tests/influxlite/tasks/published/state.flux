option task = {name: "how long below 92", every: 1h}

from(bucket: "SOURCE")
    |> range(start: -task.every)
    |> filter(fn: (r) => r._measurement == "cpap" and r._field == "spo2")
    |> stateDuration(fn: (r) => r._value < 92.0, column: "low_s", unit: 1s)
    |> filter(fn: (r) => r.low_s > 0)
    |> drop(columns: ["_value", "_start", "_stop"])
    |> rename(columns: {low_s: "_value"})
    |> set(key: "_field", value: "low_s")
    |> to(bucket: "TARGET")
