"""Reading a bucket: which series, which points of them, and how they become tables.

A `Scan` is what the rules make of the first steps of a pipe. Series are chosen in memory from the storage's index;
their points come from one SELECT per kind of value. Tables are InfluxDB's: one per series with the group key `_start`,
`_stop`, `_field`, `_measurement` and the tags, in the order of the series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from influxlite.flux import nodes
from influxlite.flux.errors import CancelledError, FluxError, invalid
from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, regroup
from influxlite.flux.execute.filtering import filter_tables
from influxlite.flux.execute.rows import Row, records, truth
from influxlite.flux.functions import Closure, Function
from influxlite.flux.plan.predicates import Condition, Sql
from influxlite.flux.scope import Scope
from influxlite.flux.vectors import NeedsRows

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.steps import Step
    from influxlite.storage.series import Series

KINDS = {"float": "float", "integer": "int", "unsigned": "uint", "boolean": "bool", "string": "string"}
"""The storage's kinds of values as Flux calls them."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A read of a bucket; see the module's docstring."""

    bucket: Any
    bounds: tuple[int, int] | None = None
    choices: tuple[tuple[Closure, nodes.Node], ...] = ()
    """Conditions on series, each with the function whose names it uses."""
    conditions: tuple[Condition, ...] = ()
    """Conditions on points."""
    group: tuple[str, ...] | None = None
    """The tags to group by; None leaves one table per series."""
    residue: tuple[Function, ...] = ()
    """Filters that are run on frames, where pushdown is off."""
    like_storage: bool = True
    """Whether InfluxDB's storage would do all of it, so that its rules for groups and types hold."""
    shape: Any = None
    """What is made of the points instead of handing them out (`influxlite.flux.plan.shapes`), None for nothing."""
    steps: tuple[str, ...] = field(default=("from",))

    @property
    def raw(self) -> bool:
        """Whether points are handed out as they are."""
        return self.shape is None and self.group is None

    @property
    def sorted(self) -> bool:
        """Whether each table comes in the order of `_time`."""
        return self.like_storage and self.group is None and self.shape is None

    @classmethod
    def of_bucket(cls, run: Run, step: Step) -> Scan:
        """The scan of a `from`; FluxError where the bucket does not exist or may not be read."""
        arguments = step.arguments
        if "host" in arguments:
            raise invalid("from: reading from another host is not supported")
        name, bucket_id = arguments.get("bucket"), arguments.get("bucketID")
        if (name is None) == (bucket_id is None):
            raise invalid("must specify only one of bucket or bucketID")
        if "org" in arguments and arguments["org"] != run.org_name:
            raise FluxError("not found", f"failed to initialize execute state: could not find org {arguments['org']}")
        bucket = run.storage.find_bucket(run.org_id, name=name, id=bucket_id) if run.storage is not None else None
        if bucket is None or not run.may_read(bucket):
            wanted = f'"{name}"' if name is not None else bucket_id
            raise FluxError("not found", f"failed to initialize execute state: could not find bucket {wanted}")
        return cls(bucket)

    def check(self) -> None:
        """FluxError where the bucket would be read from its beginning to its end."""
        if self.bounds is None:
            raise invalid(
                f'error in building plan while starting program: cannot submit unbounded read to "{self.bucket.name}"; '
                "try bounding 'from' with a call to 'range'"
            )

    def read(self, run: Run) -> Tables:
        """The tables."""
        self.check()
        return self.shape.read(run, self) if self.shape is not None else self.rows(run)

    def rows(self, run: Run) -> Tables:
        """The points as tables, before any shape is made of them."""
        tables: Tables = []
        for kind, members in self.by_kind(run).items():
            points = self.points(run, kind, members)
            if points.height:
                tables += self.blocks(kind, members, points)
        for fn in self.residue:
            tables = filter_tables(run, tables, fn, lenient=self.like_storage)
        return tables if self.group is None else group_tables(tables, self.group)

    # series

    def series(self, run: Run) -> list[Series]:
        """The series that the conditions leave, in InfluxDB's order."""
        found = run.storage.series(self.bucket.id)
        for fn, part in self.choices:
            if found:
                mask = _choose(run, found, fn, part)
                found = [s for s, keep in zip(found, mask, strict=True) if keep]
        return sorted(found, key=series_order)

    def by_kind(self, run: Run) -> dict[str, list[Series]]:
        """The series by the storage's kind of their values."""
        out: dict[str, list[Series]] = {}
        for series in self.series(run):
            out.setdefault(series.kind, []).append(series)
        return out

    # points

    def where(self, kind: str) -> Sql:
        """The conditions on points of one kind, joined, as a WHERE clause (empty where there are none)."""
        parts = [condition(KINDS[kind]) for condition in self.conditions]
        parts = [p for p in parts if p.text != "true"]
        if not parts:
            return Sql("")
        return Sql("WHERE " + " AND ".join(p.text for p in parts), tuple(x for p in parts for x in p.parameters))

    def points(self, run: Run, kind: str, members: Sequence[Series]) -> pl.DataFrame:
        """The points of some series: columns series, time, value."""
        assert self.bounds is not None
        where = self.where(kind)
        source = run.snapshot.points_sql(kind, [s.id for s in members], *self.bounds)
        return select(run, f"SELECT series, time, value FROM ({source}) {where.text}", where.parameters)  # noqa: S608

    def blocks(self, kind: str, members: Sequence[Series], points: pl.DataFrame) -> Tables:
        """Points as one table per series."""
        assert self.bounds is not None
        start, stop = self.bounds
        shapes: dict[tuple[str, ...], list[Series]] = {}
        for series in members:
            shapes.setdefault(tuple(k for k, _ in series.tags), []).append(series)
        tables: Tables = []
        for tags, group in shapes.items():
            numbered = pl.DataFrame(
                {"series": pl.Series([s.id for s in group], dtype=pl.UInt32()), TABLE: range(len(group))},
                schema_overrides={TABLE: INDEX},
            )
            rows = points.join(numbered, on="series").select(pl.col("time").alias("_time"), "value", TABLE)
            rows = rows.rename({"value": "_value"}).sort(TABLE, "_time")
            columns = columns_of(KINDS[kind], tags)
            keys = {
                "_start": pl.repeat(start, len(group), dtype=pl.Int64(), eager=True),
                "_stop": pl.repeat(stop, len(group), dtype=pl.Int64(), eager=True),
                "_field": pl.Series([s.field for s in group], dtype=pl.String()),
                "_measurement": pl.Series([s.measurement for s in group], dtype=pl.String()),
            }
            for i, tag in enumerate(tags):
                keys[tag] = pl.Series([s.tags[i][1] for s in group], dtype=pl.String())
            block = Block(columns, tuple(keys), pl.DataFrame(keys), rows)
            tables.append(block.without_empty())
        return [t for t in tables if t.table_count]


def columns_of(kind: str, tags: Sequence[str]) -> dict[str, str]:
    """The columns of a table that InfluxDB reads, in its order."""
    fixed = {"_start": "time", "_stop": "time", "_time": "time", "_value": kind, "_field": "string"}
    return {**fixed, "_measurement": "string", **dict.fromkeys(tags, "string")}


def group_tables(tables: Tables, group: tuple[str, ...]) -> Tables:
    """Tables by `_start`, `_stop` and tags, as InfluxDB's storage groups them: a tag that lacks is empty text."""
    wanted = [c for c in group if c not in ("_start", "_stop")]
    filled = []
    for block in tables:
        lacking = [c for c in wanted if c not in block.columns]
        for name in lacking:
            empty = pl.repeat("", block.table_count, dtype=pl.String(), eager=True).alias(name)
            columns = {**block.columns, name: "string"}
            block = Block(columns, (*block.key, name), block.keys.with_columns(empty), block.rows)
        filled.append(block)
    try:
        return regroup(filled, [("_start", "_stop", *wanted)] * len(filled))
    except FluxError:
        kinds = sorted({b.columns["_value"] for b in filled})
        raise invalid(f"schema collision: cannot group {kinds[0]} and {kinds[-1]} types together") from None


def series_order(series: Series) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """What InfluxDB's storage sorts series by."""
    return series.measurement, series.tags, series.field


def select(run: Run, sql: str, parameters: Sequence[Any] = ()) -> pl.DataFrame:
    """The answer of a SELECT as a frame; stopped when the query is cancelled."""
    run.check()
    try:
        with run.interruptible():
            answer = run.snapshot.execute(sql, parameters).to_arrow_table()
    except duckdb.InterruptException:
        run.check()
        raise CancelledError("internal error", "query was cancelled") from None
    frame = pl.from_arrow(answer)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _choose(run: Run, series: Sequence[Series], fn: Closure, part: nodes.Node) -> pl.Series:
    """The series for which a condition holds."""
    block = series_block(series)
    row = fn.parameters[0].name
    try:
        answer = run.interpreter.evaluate(part, Scope({row: Row(block)}, fn.scope))
        return truth(answer, len(series))
    except NeedsRows:
        answers = [run.interpreter.evaluate(part, Scope({row: r}, fn.scope)) for r in records(block)]
        return pl.Series([a is True for a in answers], dtype=pl.Boolean())


def series_block(series: Sequence[Series]) -> Block:
    """Series as rows: `_measurement`, `_field` and their tags, null where a series lacks one."""
    data: dict[str, Any] = {"_measurement": [s.measurement for s in series], "_field": [s.field for s in series]}
    tags = [dict(s.tags) for s in series]
    for name in dict.fromkeys(k for t in tags for k in t):
        data[name] = [t.get(name) for t in tags]
    frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String()))
    rows = frame.with_columns(pl.lit(0, dtype=INDEX).alias(TABLE))
    return Block(dict.fromkeys(data, "string"), (), pl.DataFrame({TABLE: pl.Series([0], dtype=INDEX)}), rows)
