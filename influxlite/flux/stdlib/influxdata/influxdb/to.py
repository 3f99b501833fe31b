"""to: rows of tables become points of a bucket."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux import nodes
from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import Block, Tables
from influxlite.flux.execute.rows import as_columns, call_on_rows
from influxlite.flux.execute.writing import STORED, field, find_target, store, tags_of
from influxlite.flux.functions import Closure, Function
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import type_name
from influxlite.line_protocol import Field, Point

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

NO_TAGS = ("_value", "_field", "_measurement")
SIGNATURE = (
    "(<-tables: stream[A], ?bucket: string, ?bucketID: string, ?org: string, ?orgID: string, ?host: string,"
    " ?token: string, ?timeColumn: string, ?measurementColumn: string, ?tagColumns: [string], ?fieldFn: (r: A) => B)"
    " => stream[A] where A: Record, B: Record"
)


@transformation(SIGNATURE, side_effect=True)
def to(
    run: Run,
    tables: Tables,
    time_column: str = "_time",
    measurement_column: str = "_measurement",
    tag_columns: list[str] | None = None,
    field_fn: Function | None = None,
    **target: Any,
) -> Tables:
    """Store each row as a point and hand the rows on: `_measurement`, `_time`, the field that `_field` names with
    `_value`, and as tags all other columns of strings, or those of `tagColumns`.

    With `fieldFn` the fields are those of the record that it makes of a row. Rows without a time are left out, as are
    values that are null or not finite. Where nothing reads on, the result is named by the step's place in the plan.

        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _measurement: "m", _field: "f", _value: 1.0}])
            |> to(bucket: "my-bucket")
    """
    bucket = find_target(run, target)
    points: list[Point] = []
    out: Tables = []
    for block in tables:
        _check(block, time_column, measurement_column)
        kept = block.with_rows(block.rows.filter(block.column(time_column).is_not_null()))
        tags = _tag_columns(block, field_fn) if tag_columns is None else sorted(tag_columns)
        points += _points(run, kept, time_column, measurement_column, tags, field_fn)
        out.append(kept)
    store(run, bucket, points)
    return out


def _check(block: Block, time_column: str, measurement_column: str) -> None:
    kind = block.columns.get(measurement_column)
    if kind is None:
        raise invalid(f"no column with label {measurement_column} exists")
    if kind != "string":
        raise invalid(f"column {measurement_column} of type {kind} is not of type string")
    kind = block.columns.get(time_column)
    if kind is None:
        raise invalid("no time column detected")
    if kind != "time":
        raise invalid(f"column {time_column} of type {kind} is not of type time")


def _tag_columns(block: Block, field_fn: Function | None) -> list[str]:
    """All columns of strings but those that make the fields."""
    apart = {*NO_TAGS, *(_columns_read(field_fn) if isinstance(field_fn, Closure) else ())}
    return sorted(name for name, kind in block.columns.items() if kind == "string" and name not in apart)


def _columns_read(fn: Closure) -> set[str]:
    """The properties that a function asks its row for."""
    row, found, open_nodes = fn.parameters[0].name, set(), [fn.node.body]
    while open_nodes:
        node: Any = open_nodes.pop()
        if isinstance(node, list):
            open_nodes += node
        elif is_dataclass(node):
            if isinstance(node, nodes.MemberExpression) and isinstance(node.object, nodes.Identifier):
                if node.object.name == row:
                    label = node.property
                    found.add(label.value if isinstance(label, nodes.StringLiteral) else label.name)
                continue
            open_nodes += [getattr(node, part.name) for part in fields(node) if part.name != "location"]
    return found


def _points(
    run: Run, block: Block, time_column: str, measurement_column: str, tags: list[str], field_fn: Function | None
) -> list[Point]:
    n = block.rows.height
    if not n:
        return []
    held = [name for name in tags if name in block.columns]
    if any(block.columns[name] != "string" for name in held):
        raise invalid("invalid type for tag column")
    cells = [block.column(name).to_list() for name in held]
    measurements = block.column(measurement_column)
    if measurements.null_count():
        raise invalid(f"column {measurement_column} is null in a row: a point needs a measurement")
    made = _fields(block) if field_fn is None else _made_fields(run, block, field_fn)
    rows = zip(measurements.to_list(), zip(*cells, strict=True) if cells else [()] * n, made,
               block.column(time_column).to_list(), strict=True)  # fmt: skip
    return [Point(name, tags_of(held, values), found, time) for name, values, found, time in rows if found]


def _fields(block: Block) -> list[list[Field]]:
    """For each row the field that `_field` names, with `_value`."""
    for name in ("_field", "_value"):
        if name not in block.columns:
            raise invalid(f"table has no {name} column")
    names, kind = block.column("_field"), block.columns["_value"]
    if names.null_count() or block.columns["_field"] != "string":
        raise FluxError("invalid", "column _field is not a string in a row: a field needs a name")
    values = block.column("_value").to_list()
    return [[f] if (f := field(name, kind, value)) else [] for name, value in zip(names, values, strict=True)]


def _made_fields(run: Run, block: Block, field_fn: Function) -> list[list[Field]]:
    """For each row the fields in the record that `fieldFn` makes of it."""
    columns = as_columns(call_on_rows(run, field_fn, block), block.rows.height)
    out: list[list[Field]] = [[] for _ in range(block.rows.height)]
    for name in sorted(columns):
        vec = columns[name]
        if vec.kind not in STORED:
            kind = type_name(next((v for v in vec.values() if v is not None), None))
            raise FluxError("internal error", f"unsupported field type {kind}")
        cells = vec.series.to_list() if isinstance(vec.series, pl.Series) else list(vec.series)
        for row, value in zip(out, cells, strict=True):
            made = field(name, vec.kind, value)
            if made is not None:
                row.append(made)
    return out
