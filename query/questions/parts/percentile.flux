// The least value that was not exceeded for `percent` % of the time, in each table of rows with `value` and `weight`:
// values are sorted and their times added up until they reach that part of the whole. It is a value that was measured.
//
// Returns one row a table: the columns of the group key, which `on` repeats, `_field` as given, and `_value`. It needs
// the import array.
percentile = (tables=<-, on, percent, field) => {
    sorted =
        tables
            |> filter(fn: (r) => exists r.value and r.weight > 0)
            |> sort(columns: ["value"])
            |> cumulativeSum(columns: ["weight"])
    whole =
        sorted
            |> max(column: "weight")
            |> keep(columns: array.concat(arr: on, v: ["weight"]))
            |> rename(columns: {weight: "whole"})

    return
        join(tables: {sorted: sorted, whole: whole}, on: on)
            |> filter(fn: (r) => r.weight * 100 >= r.whole * percent)
            |> min(column: "weight")
            |> map(fn: (r) => ({r with _field: field, _value: r.value}))
            |> keep(columns: array.concat(arr: on, v: ["_field", "_value"]))
}
