// The stretch of time that each reading of a patient stands for: (previous, t], at most three reporting intervals.
//
// The previous reading is the patient's own, in whatever room. Stretches are cut at `start` and `stop`; readings up to
// three intervals outside are read, so that those that reach over an end count for their part. Columns beside the fields:
//   from, to: int  the stretch, ns since 1970
//   weight: int  its length, ns; 0 where nothing of it lies between `start` and `stop`
//   counted: bool  the reading itself lies there
//   worn: bool  the mask is on: what mask_on says, without it a pressure of 4 cmH2O or more
cover = (bucket, mrn, start, stop, interval) => {
    most = 3 * int(v: interval)
    begin = int(v: start)
    end = int(v: stop)

    return
        from(bucket: bucket)
            |> range(start: time(v: begin - most), stop: time(v: end + most))
            |> filter(fn: (r) => r._measurement == "cpap" and r.mrn == mrn and r._field != "flow_image")
            |> drop(columns: ["_start", "_stop", "_measurement"])
            |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
            |> group()
            |> sort(columns: ["_time"])
            |> map(fn: (r) => ({r with to: int(v: r._time), since: int(v: r._time)}))
            |> difference(columns: ["since"], keepFirst: true)
            |> map(fn: (r) => ({r with from: r.to - (if exists r.since and r.since < most then r.since else most)}))
            |> map(
                fn: (r) =>
                    ({r with
                        counted: r.to >= begin and r.to < end,
                        from: if r.from < begin then begin else r.from,
                        to: if r.to > end then end else r.to,
                        worn:
                            if exists r.mask_on then
                                r.mask_on
                            else if exists r.cpap_pressure then
                                r.cpap_pressure >= 4.0
                            else
                                false,
                    }),
            )
            |> map(fn: (r) => ({r with weight: if r.to > r.from then r.to - r.from else 0}))
            |> filter(fn: (r) => r.counted or r.weight > 0)
}

hours = (ns) => float(v: ns) / 3600000000000.0
