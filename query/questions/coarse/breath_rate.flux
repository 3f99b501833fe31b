// As the question of this name, from coarser points. Uses: coarse_means
coarse_means(
    points: from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn),
    field: "breath_rate",
    every: params.every,
)
    |> rename(columns: {_value: "breath_rate"})
