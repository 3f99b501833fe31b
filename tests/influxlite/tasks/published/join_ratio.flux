option task = {name: "a ratio of two fields", every: 1h}

of = (field) => from(bucket: "SOURCE")
    |> range(start: -task.every)
    |> filter(fn: (r) => r._measurement == "cpap" and r._field == field)
    |> aggregateWindow(every: 10m, fn: mean, createEmpty: false)

join(tables: {leak: of(field: "leak_rate"), breath: of(field: "breath_rate")}, on: ["_time", "room", "mrn"])
    |> map(fn: (r) => ({
        _time: r._time,
        _measurement: "ratio",
        _field: "leak_per_breath",
        _value: r._value_leak / r._value_breath,
        room: r.room,
        mrn: r.mrn,
    }))
    |> to(bucket: "TARGET")
