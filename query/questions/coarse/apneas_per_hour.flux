// As the question of this name, from coarser points: their sums are added up.
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == params.mrn and r._field == "apnea_count")
    |> group(columns: ["mrn"])
    |> aggregateWindow(every: params.every, fn: sum, createEmpty: false, timeSrc: "_start")
    |> rename(columns: {_value: "apneas"})
    |> drop(columns: ["_start", "_stop"])
