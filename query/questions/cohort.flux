// A set of rooms, patient by patient
//
// One row for every patient and room of the set with a reading between `start` and `stop`: plain means of the readings
// (not weighted by time), the lowest saturation and the sum of apneas. Without rooms the whole ward is the set. Of
// pressure only readings of 4 cmH2O or more count: with the mask off devices tell 0, which says nothing of a therapy.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   rooms: [string] = []  the set; empty for every room
//   start: time = -12h  first instant
//   stop: time = now  first instant after
// Returns
//   room: string  the room
//   mrn: string  the patient's MRN
//   breath_rate: float  mean, /min
//   cpap_pressure: float  mean of what is 4 or more, cmH2O
//   leak_rate: float  mean, L/min
//   spo2: float  mean, %
//   spo2_min: float  lowest, %
//   apneas: int  events
readings =
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap")
        |> filter(fn: (r) => length(arr: params.rooms) == 0 or contains(value: r.room, set: params.rooms))
measured = (field) => readings |> filter(fn: (r) => r._field == field)
figure = (tables=<-, field) => tables |> map(fn: (r) => ({room: r.room, mrn: r.mrn, _field: field, _value: float(v: r._value)}))

union(
    tables: [
        measured(field: "breath_rate") |> mean() |> figure(field: "breath_rate"),
        measured(field: "cpap_pressure") |> filter(fn: (r) => r._value >= 4.0) |> mean() |> figure(field: "cpap_pressure"),
        measured(field: "leak_rate") |> mean() |> figure(field: "leak_rate"),
        measured(field: "spo2") |> mean() |> figure(field: "spo2"),
        measured(field: "spo2") |> min() |> figure(field: "spo2_min"),
        measured(field: "apnea_count") |> sum() |> figure(field: "apneas"),
    ],
)
    |> group()
    |> pivot(rowKey: ["room", "mrn"], columnKey: ["_field"], valueColumn: "_value")
    |> sort(columns: ["room", "mrn"])
