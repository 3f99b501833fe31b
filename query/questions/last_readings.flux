// Last reading of every room
//
// One row a room: the newest reading that came for it, of whichever patient. A reading need not hold every field; what
// the last one does not say is empty here, though an earlier one may say it. A room without a reading has no row.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   start: time = -1d  first instant
//   stop: time = now  first instant after
// Returns
//   _time: time  when it was measured
//   room: string  the room
//   mrn: string  whom it names
//   cpap_pressure: float  mask pressure, cmH2O
//   breath_rate: float  breath rate, /min
//   apnea_count: int  apneas since the reading before
//   leak_rate: float  leak, L/min
//   spo2: float  oxygen saturation, %
//   mask_on: bool  whether the mask is on
from(bucket: params.bucket)
    |> range(start: params.start, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap" and r._field != "flow_image")
    |> last()
    |> drop(columns: ["_start", "_stop", "_measurement"])
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> group(columns: ["room"])
    |> sort(columns: ["_time"], desc: true)
    |> limit(n: 1)
    |> group()
    |> sort(columns: ["room"])
