// Several aggregates of one field, one field each.
option task = {name: "several", cron: "0 * * * *"}

data = () => from(bucket: "SOURCE")
    |> range(start: -1h)
    |> filter(fn: (r) => r._measurement == "cpap" and r._field == "leak_rate")

shaped = (tables=<-, name) => tables
    |> map(fn: (r) => ({r with _field: r._field + "_" + name, _time: now()}))
    |> to(bucket: "TARGET")

data() |> mean() |> shaped(name: "mean")
data() |> max() |> shaped(name: "max")
data() |> quantile(q: 0.95) |> shaped(name: "p95")
