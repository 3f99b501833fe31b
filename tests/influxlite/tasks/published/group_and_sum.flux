option task = {name: "apneas of the ward", every: 1h}

from(bucket: "SOURCE")
    |> range(start: -task.every)
    |> filter(fn: (r) => r._measurement == "cpap" and r._field == "apnea_count")
    |> group(columns: ["room"])
    |> sum()
    |> map(fn: (r) => ({_time: now(), _measurement: "ward", _field: "apneas", _value: r._value, room: r.room}))
    |> to(bucket: "TARGET", tagColumns: ["room"])
