"""schema.tagKeys, tagValues, measurements, fieldKeys …: what is in a bucket.

Answered by reading, as in InfluxDB, what has points in the range; `influxlite.flux.plan` spares the points themselves.
"""

from influxlite.flux.stdlib.registry import flux

PREDICATE = (
    "?predicate: (r: {A with _value: B, _time: time, _stop: time, _start: time, _measurement: string, _field: string})"
    " => bool, ?start: C, ?stop: D) => stream[E] where E: Record"
)

tag_values = flux(
    "(bucket: string, tag: string, " + PREDICATE,
    """(bucket, tag, predicate=(r) => true, start=_startDefault, stop=_stopDefault) =>
        _seriesIn(bucket: bucket, start: start, stop: stop, fn: predicate)
        |> keep(columns: [tag])
        |> group()
        |> distinct(column: tag)""",
    """The values of a tag in a bucket, as `_value`, of series for which `predicate` is true.

        import "influxdata/influxdb/schema"
        schema.tagValues(bucket: "telemetry", tag: "mrn")
    """,
)
tag_keys = flux(
    "(bucket: string, " + PREDICATE,
    """(bucket, predicate=(r) => true, start=_startDefault, stop=_stopDefault) =>
        _seriesIn(bucket: bucket, start: start, stop: stop, fn: predicate)
        |> keys()
        |> keep(columns: ["_value"])
        |> distinct()""",
    """The names of the tags in a bucket, `_start`, `_stop`, `_field` and `_measurement` among them, as `_value`.

        import "influxdata/influxdb/schema"
        schema.tagKeys(bucket: "telemetry")
    """,
)
measurement_tag_values = flux(
    "(bucket: string, measurement: A, tag: string, ?start: B, ?stop: C) => stream[D] where A: Equatable, D: Record",
    """(bucket, measurement, tag, start=_startDefault, stop=_stopDefault) =>
        tagValues(bucket: bucket, tag: tag, start: start, stop: stop,
            predicate: (r) => r._measurement == measurement)""",
    """The values of a tag in a measurement.

        import "influxdata/influxdb/schema"
        schema.measurementTagValues(bucket: "telemetry", measurement: "cpap", tag: "mrn")
    """,
)
measurement_tag_keys = flux(
    "(bucket: string, measurement: A, ?start: B, ?stop: C) => stream[D] where A: Equatable, D: Record",
    """(bucket, measurement, start=_startDefault, stop=_stopDefault) =>
        tagKeys(bucket: bucket, predicate: (r) => r._measurement == measurement, start: start, stop: stop)""",
    """The names of the tags of a measurement.

        import "influxdata/influxdb/schema"
        schema.measurementTagKeys(bucket: "telemetry", measurement: "cpap")
    """,
)
field_keys = flux(
    "(bucket: string, " + PREDICATE,
    """(bucket, predicate=(r) => true, start=_startDefault, stop=_stopDefault) =>
        tagValues(bucket: bucket, tag: "_field", predicate: predicate, start: start, stop: stop)""",
    """The names of the fields in a bucket.

        import "influxdata/influxdb/schema"
        schema.fieldKeys(bucket: "telemetry")
    """,
)
measurement_field_keys = flux(
    "(bucket: string, measurement: A, ?start: B, ?stop: C) => stream[D] where A: Equatable, D: Record",
    """(bucket, measurement, start=_startDefault, stop=_stopDefault) =>
        fieldKeys(bucket: bucket, predicate: (r) => r._measurement == measurement, start: start, stop: stop)""",
    """The names of the fields of a measurement.

        import "influxdata/influxdb/schema"
        schema.measurementFieldKeys(bucket: "telemetry", measurement: "cpap")
    """,
)
measurements = flux(
    "(bucket: string, ?start: B, ?stop: C) => stream[D] where D: Record",
    """(bucket, start=_startDefault, stop=_stopDefault) =>
        tagValues(bucket: bucket, tag: "_measurement", start: start, stop: stop)""",
    """The measurements in a bucket.

        import "influxdata/influxdb/schema"
        schema.measurements(bucket: "telemetry")
    """,
)
_series_in = flux(
    "(bucket: string, start: A, stop: B, fn: (r: C) => bool) => stream[C] where C: Record",
    "(bucket, start, stop, fn) => _from(bucket: bucket) |> range(start: start, stop: stop) |> filter(fn: fn)",
    "What the functions of this package look through.",
)
fields_as_cols = flux(
    "(<-tables: stream[A]) => stream[B] where A: Record, B: Record",
    '(tables=<-) => tables |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
    """A column for each field: rows of one time become one.

        import "influxdata/influxdb/schema"
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _field: "a", _value: 1}]) |> schema.fieldsAsCols()
    """,
)
