// Patients of a room to choose from
//
// One row an MRN that readings or stays of the room name, the one who came last first.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings and stays
//   room: string  the room
//   start: time = -12h  first instant of readings
//   stop: time = now  first instant after
//   stays_start: time = -400d  first instant of stays
// Returns
//   mrn: string  the patient's MRN
reported =
    from(bucket: params.bucket)
        |> range(start: params.start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "cpap" and r.room == params.room and r._field == "cpap_pressure")
        |> first()
        |> keep(columns: ["_time", "mrn"])
stayed =
    from(bucket: params.bucket)
        |> range(start: params.stays_start, stop: params.stop)
        |> filter(fn: (r) => r._measurement == "stay" and r.room == params.room and r._value == "admitted")
        |> last()
        |> keep(columns: ["_time", "mrn"])

union(tables: [reported, stayed])
    |> group(columns: ["mrn"])
    |> sort(columns: ["_time"], desc: true)
    |> limit(n: 1)
    |> group()
    |> sort(columns: ["_time"], desc: true)
    |> keep(columns: ["mrn"])
