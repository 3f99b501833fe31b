"""query.fromRange, filterMeasurement, filterFields, inBucket: the first steps of most queries."""

from influxlite.flux.stdlib.registry import flux

from_range = flux(
    "(bucket: string, start: A, ?stop: B) => stream[{C with _value: D, _time: time, _stop: time, _start: time, "
    "_measurement: string, _field: string}]",
    "(bucket, start, stop=now()) => from(bucket: bucket) |> range(start: start, stop: stop)",
    """The points of a bucket between two times.

        import "experimental/query"
        query.fromRange(bucket: "telemetry", start: -1h)
    """,
)
filter_measurement = flux(
    "(<-table: stream[{B with _measurement: C}], measurement: A) => stream[{B with _measurement: C}] where A: "
    "Equatable, C: Equatable",
    "(table=<-, measurement) => table |> filter(fn: (r) => r._measurement == measurement)",
    """The rows of a measurement.

        import "experimental/query"
        array.from(rows: [{_measurement: "cpap", _value: 1}]) |> query.filterMeasurement(measurement: "cpap")
    """,
)
filter_fields = flux(
    "(<-table: stream[{A with _field: B}], ?fields: [B]) => stream[{A with _field: B}] where B: Equatable",
    """(table=<-, fields=[]) =>
        if length(arr: fields) == 0 then table
        else table |> filter(fn: (r) => contains(value: r._field, set: fields))""",
    """The rows of some fields; of all where none is named.

        import "experimental/query"
        array.from(rows: [{_field: "spo2", _value: 95.0}]) |> query.filterFields(fields: ["spo2"])
    """,
)
in_bucket = flux(
    "(bucket: string, measurement: A, start: B, ?fields: [string], ?predicate: (r: {C with _value: D, _time: "
    "time, _stop: time, _start: time, _measurement: string, _field: string}) => bool, ?stop: E) => stream[{C "
    "with _value: D, _time: time, _stop: time, _start: time, _measurement: string, _field: string}] where A: "
    "Equatable",
    """(bucket, measurement, start, stop=now(), fields=[], predicate=(r) => true) =>
        fromRange(bucket: bucket, start: start, stop: stop)
            |> filterMeasurement(measurement: measurement)
            |> filter(fn: predicate)
            |> filterFields(fields: fields)""",
    """The points of a measurement in a bucket, of some fields, for which a predicate is true.

        import "experimental/query"
        query.inBucket(bucket: "telemetry", measurement: "cpap", start: -1h, fields: ["spo2"])
    """,
)
