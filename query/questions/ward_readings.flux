// Readings of the whole ward, as they came
//
// One row a reading, oldest first, with every field that it holds. Ask for hours, not for years: all rooms come at once.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   start: time = -12h  first instant
//   stop: time = now  first instant after
// Returns
//   _time: time  when it was measured
//   room: string  the room
//   mrn: string  the patient's MRN
//   cpap_pressure: float  mask pressure, cmH2O
//   breath_rate: float  breath rate, /min
//   apnea_count: int  apneas since the reading before
//   leak_rate: float  leak, L/min
//   spo2: float  oxygen saturation, %
//   mask_on: bool  whether the mask is on
//   flow_image: string  SHA-256 of the flow image
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap")
    |> drop(columns: ["_start", "_stop", "_measurement"])
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
    |> sort(columns: ["_time", "room", "mrn"])
