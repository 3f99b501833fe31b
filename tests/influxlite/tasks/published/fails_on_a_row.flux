option task = {name: "fails", every: 1h}

from(bucket: "SOURCE")
    |> range(start: -task.every)
    |> filter(fn: (r) => r._field == "spo2")
    |> map(fn: (r) => ({r with _value: die(msg: "no")}))
