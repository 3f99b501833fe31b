"""influxdb.from, select: a bucket read in one call, as InfluxQL would."""

from __future__ import annotations

from influxlite.flux.execute.block import Block, Tables, key_frame
from influxlite.flux.stdlib.registry import flux, transformation

POINT = "_measurement: string, _field: string, _time: time, _start: time, _stop: time, _value: "
from_ = flux(
    f"(bucket: string, start: A, ?stop: B, ?org: string, ?host: string, ?token: string) => stream[{{C with {POINT}D}}]",
    """(bucket, start, stop=now(), org="", host="", token="") =>
        (if org != "" and host != "" and token != "" then
            influxdb.from(bucket, org, host, token)
        else if org != "" and token != "" then
            influxdb.from(bucket, org, token)
        else if org != "" and host != "" then
            influxdb.from(bucket, org, host)
        else if host != "" and token != "" then
            influxdb.from(bucket, host, token)
        else if org != "" then
            influxdb.from(bucket, org)
        else if host != "" then
            influxdb.from(bucket, host)
        else if token != "" then
            influxdb.from(bucket, token)
        else
            influxdb.from(bucket)) |> range(start, stop)""",
    """The points of a bucket in a range.

        import "contrib/jsternberg/influxdb"
        influxdb.from(bucket: "telemetry", start: 2026-01-01T00:00:00Z)
    """,
    imports=("influxdata/influxdb",),
    name="from",
)
_from = flux(from_.signature, "from", from_.doc, name="_from")
select = flux(
    "(from: string, start: A, ?stop: B, m: string, ?fields: [string], ?org: string, ?host: string, ?token: string, "
    f"?where: (r: {{C with {POINT}D}}) => bool) => stream[E] where E: Record",
    """(from, start, stop=now(), m, fields=[], org="", host="", token="", where=(r) => true) =>
        _from(bucket: from, start: start, stop: stop, org: org, host: host, token: token)
        |> filter(fn: (r) => r._measurement == m)
        |> filter(fn: where)
        |> filter(fn: if length(arr: fields) == 0 then
            (r) => true
        else
            (r) => contains(value: r._field, set: fields))
        |> v1.fieldsAsCols()
        |> _mask(columns: ["_measurement", "_start", "_stop"])""",
    """Fields of a measurement side by side, a row for each time, one table for each set of tags.

    Without `fields` all of them; `where` chooses points.

        import "contrib/jsternberg/influxdb"
        influxdb.select(from: "telemetry", start: 2026-01-01T00:00:00Z, m: "cpap", fields: ["spo2"])
    """,
    imports=("influxdata/influxdb/v1",),
)


@transformation("(<-tables: stream[A], columns: [string]) => stream[B] where A: Record, B: Record")
def _mask(tables: Tables, columns: list[str]) -> Tables:
    """The tables without some columns, each a table of its own also where keys become equal."""
    return [_masked(block, set(columns)) for block in tables]


def _masked(block: Block, hidden: set[str]) -> Block:
    kept = {name: kind for name, kind in block.columns.items() if name not in hidden}
    key = tuple(name for name in block.key if name not in hidden)
    keys = key_frame({name: block.keys[name] for name in key}, block.table_count)
    return Block(kept, key, keys, block.rows.drop(hidden, strict=False))
