import "experimental/aggregate"
import "date"

option task = {name: "rates", every: 1h}

from(bucket: "SOURCE")
    |> range(start: date.truncate(t: -1h, unit: 1h), stop: date.truncate(t: now(), unit: 1h))
    |> filter(fn: (r) => r._measurement == "cpap" and r._field == "leak_rate")
    |> aggregate.rate(every: 20m, unit: 1m, groupColumns: ["room"])
    |> map(fn: (r) => ({r with _measurement: "rate", _field: "leak"}))
    |> to(bucket: "TARGET")
