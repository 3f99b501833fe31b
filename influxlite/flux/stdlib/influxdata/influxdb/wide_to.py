"""wideTo: rows with a column for each field become points of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Block, Tables, key_order
from influxlite.flux.execute.writing import field, find_target, store, tags_of
from influxlite.flux.stdlib.registry import transformation
from influxlite.line_protocol import Field, Point

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

NO_FIELDS = ("_start", "_stop", "_measurement", "_time")
PRECONDITION = "failed precondition"


@transformation(
    "(<-tables: stream[A], ?bucket: string, ?bucketID: string, ?org: string, ?orgID: string, ?host: string,"
    " ?token: string) => stream[A] where A: Record",
    side_effect=True,
)
def wide_to(run: Run, tables: Tables, **target: Any) -> Tables:
    """Store each row as a point and hand the rows on: `_measurement` and the tags are the group key, `_time` its time,
    all other columns its fields.

    Values that are null or not finite are left out. Where nothing reads on, the result is named by the step's place in
    the plan.

        import "influxdata/influxdb"
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _measurement: "m", a: 1.0, b: 2.0}])
            |> group(columns: ["_measurement"])
            |> influxdb.wideTo(bucket: "my-bucket")
    """
    bucket = find_target(run, target)
    points: list[Point] = []
    for block in tables:
        points += _points(block)
    store(run, bucket, points)
    return key_order(tables)


def _points(block: Block) -> list[Point]:
    tags = _tags(block)
    kind = block.columns.get("_time")
    if kind is None:
        raise FluxError(PRECONDITION, 'input table is missing required column "_time"')
    if kind != "time":
        raise FluxError(PRECONDITION, f'column "_time" has type {kind}; type time is required')
    if not block.rows.height:
        return []
    if block.keys["_measurement"].null_count():
        raise FluxError(PRECONDITION, 'group key column "_measurement" is null: a point needs a measurement')
    names = [name for name in block.columns if name not in NO_FIELDS and name not in tags]
    key_rows = list(block.keys.select(tags).iter_rows()) if tags else [()] * block.table_count
    starts = list(zip(block.keys["_measurement"], (tags_of(tags, row) for row in key_rows), strict=True))
    columns = [(name, block.columns[name], block.column(name).to_list()) for name in names]
    points = []
    for row, (table, time) in enumerate(zip(block.tables, block.column("_time"), strict=True)):
        made: list[Field] = [f for name, kind, cells in columns if (f := field(name, kind, cells[row])) is not None]
        if made and time is not None:
            measurement, tag_set = starts[table]
            points.append(Point(measurement, tag_set, made, time))
    return points


def _tags(block: Block) -> list[str]:
    found = []
    for name in block.key:
        if name in ("_start", "_stop"):
            continue
        if name == "_field":
            raise FluxError(PRECONDITION, 'found column "_field" in the group key; wideTo() expects pivoted data')
        kind = block.columns[name]
        if kind != "string":
            raise FluxError(PRECONDITION, f'group key column "{name}" has type {kind}; type string is required')
        if name != "_measurement":
            found.append(name)
    if "_measurement" not in block.key:
        raise FluxError(PRECONDITION, 'required column "_measurement" not in group key')
    return sorted(found)
