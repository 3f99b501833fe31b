// One measurement of a room across patients
//
// The mean by window of whatever patient a reading names: one table a patient, so that a turnover changes the curve. Windows
// begin at multiples of `every` since 1970 in UTC.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   room: string  the room
//   field: string = breath_rate  the measurement: breath_rate, cpap_pressure, leak_rate or spo2
//   start: time = -1d  first instant
//   stop: time = now  first instant after
//   every: duration = 10m  width of a window
// Returns
//   _time: time  begin of the window
//   mrn: string  whom the readings name
//   value: float  mean of the readings in the window, in the measurement's unit
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r.room == params.room and r._field == params.field)
    |> aggregateWindow(every: params.every, fn: mean, createEmpty: false, timeSrc: "_start")
    |> group(columns: ["mrn"])
    |> keep(columns: ["_time", "mrn", "_value"])
    |> rename(columns: {_value: "value"})
