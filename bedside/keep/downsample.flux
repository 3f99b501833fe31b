// Readings of `params.readings` as one point for each `params.width`, room and patient, written to `params.coarser`.
//
// Uses `start` and `stop`, which are multiples of the width. A window that is done again is the same points again.
readings =
    from(bucket: params.readings)
        |> range(start: start, stop: stop)
        |> filter(fn: (r) => r._measurement == "cpap" and r._field != "flow_image")
numbers =
    readings
        |> filter(
            fn: (r) =>
                r._field == "breath_rate" or r._field == "cpap_pressure" or r._field == "leak_rate" or r._field == "spo2",
        )
apneas = readings |> filter(fn: (r) => r._field == "apnea_count")
masks = readings |> filter(fn: (r) => r._field == "mask_on")
named = (tables=<-, ending) => tables |> map(fn: (r) => ({r with _field: r._field + ending}))

union(
    tables: [
        numbers |> aggregateWindow(every: params.width, fn: mean, createEmpty: false, timeSrc: "_start"),
        numbers
            |> aggregateWindow(every: params.width, fn: min, createEmpty: false, timeSrc: "_start")
            |> named(ending: "_min"),
        numbers
            |> aggregateWindow(every: params.width, fn: max, createEmpty: false, timeSrc: "_start")
            |> named(ending: "_max"),
        masks
            |> map(fn: (r) => ({r with _value: if r._value then 1.0 else 0.0}))
            |> aggregateWindow(every: params.width, fn: mean, createEmpty: false, timeSrc: "_start")
            |> named(ending: "_share"),
    ],
)
    |> to(bucket: params.coarser)
    |> count()
    |> group()
    |> sum()
    |> yield(name: "floats")

union(
    tables: [
        apneas |> aggregateWindow(every: params.width, fn: sum, createEmpty: false, timeSrc: "_start"),
        readings
            |> aggregateWindow(every: params.width, fn: count, createEmpty: false, timeSrc: "_start")
            |> named(ending: "_n"),
    ],
)
    |> to(bucket: params.coarser)
    |> count()
    |> group()
    |> sum()
    |> yield(name: "whole numbers")

masks
    |> aggregateWindow(every: params.width, fn: last, createEmpty: false, timeSrc: "_start")
    |> to(bucket: params.coarser)
    |> count()
    |> group()
    |> sum()
    |> yield(name: "masks")
