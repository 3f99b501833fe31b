"""Reading a bucket: which series, which points of them, and how they become tables.

A `Scan` is what the rules make of the first steps of a pipe. Series are chosen in memory from the storage's index;
their points come from one SELECT per kind of value. Tables are InfluxDB's: one per series with the group key `_start`,
`_stop`, `_field`, `_measurement` and the tags, in the order of the series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from influxlite.flux import nodes
from influxlite.flux.errors import FluxError, ReadError, invalid
from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, arrange, regroup, reorder, with_columns
from influxlite.flux.execute.filtering import filter_tables
from influxlite.flux.execute.lacking import hidden
from influxlite.flux.execute.rows import Row, by_storage, records, truth
from influxlite.flux.functions import Closure, Function
from influxlite.flux.go_sort import order_of
from influxlite.flux.plan.pieces import in_pieces, one_after_another
from influxlite.flux.plan.predicates import Condition, Sql, columns_of_row
from influxlite.flux.plan.series_choice import choice, texts_wanted
from influxlite.flux.plan.series_lookup import lookup, tag
from influxlite.flux.plan.series_rows import NONE, by_tags, in_order, of_numbers, table_numbers
from influxlite.flux.plan.statement import FEW, ManyError, select
from influxlite.flux.plan.storage_order import series_keys, storage_order
from influxlite.flux.scope import Scope
from influxlite.flux.vectors import NeedsRows, constant
from influxlite.storage.tables import MILLISECOND

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.reductions import Reduction
    from influxlite.flux.plan.steps import Step
    from influxlite.storage.series import Series

KINDS = {"float": "float", "integer": "int", "unsigned": "uint", "boolean": "bool", "string": "string"}
"""The storage's kinds of values as Flux calls them."""
DENSER = 4
"""Points are still few where they are so many times as many as guessed."""
STORED_KINDS = {called: stored for stored, called in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Scan:
    """A read of a bucket; see the module's docstring."""

    bucket: Any
    bounds: tuple[int, int] | None = None
    choices: tuple[tuple[Closure, nodes.Node, bool], ...] = ()
    """Conditions on series, each with the function whose names it uses, and whether InfluxDB's storage decides it."""
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
    reduction: Reduction | None = None
    """Which points are enough for the steps after, None for all."""
    after: tuple[Step, ...] = ()
    """Steps that are run on frames after reading, because they only put rows into other tables."""
    few: bool = False
    """Whether points are wanted only where they are few: else reading them is a ManyError."""

    @property
    def raw(self) -> bool:
        """Whether points are handed out as they are."""
        return self.shape is None and self.group is None and self.reduction is None and not self.after

    @property
    def as_read(self) -> bool:
        """Whether points are handed out as they are, by series or by groups of them."""
        return self.shape is None and self.reduction is None and not self.after

    @property
    def open(self) -> bool:
        """Whether all points of the series are still there, in tables of whatever kind."""
        return self.bounds is not None and self.shape is None and self.reduction is None and not self.residue

    @property
    def sorted(self) -> bool:
        """Whether each table comes in the order of `_time`."""
        return self.like_storage and self.raw

    @classmethod
    def of_bucket(cls, run: Run, step: Step) -> Scan:
        """The scan of a `from`; FluxError where the bucket does not exist or may not be read."""
        arguments = step.arguments
        name, bucket_id = arguments.get("bucket"), arguments.get("bucketID")
        fault = None
        if (name is None) == (bucket_id is None):
            fault = "must specify bucket or bucketID" if name is None else "must specify only one of bucket or bucketID"
        elif "org" in arguments and "orgID" in arguments:
            fault = "must specify only one of org or orgID"
        if fault is not None:
            raise invalid(f'error calling function "from" {step.location}: {fault}')
        if "host" in arguments:
            raise invalid("from: reading from another host is not supported")
        if "org" in arguments or "orgID" in arguments:  # also the organization that asks
            raise invalid(
                "error in building plan while starting program: reads from the storage engine cannot read from a "
                "separate organization; please specify a host or remove the organization"
            )
        if bucket_id is not None and len(bucket_id) != 16:
            what = "invalid bucket id: id must have a length of 16 bytes"
            raise invalid(f"failed to initialize execute state: {what}")
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
        if self.shape is not None:
            return self.shape.read(run, self)
        return self.arranged(run, self.rows(run))

    def arranged(self, run: Run, tables: Tables) -> Tables:
        """The tables that the steps after reading make of those that were read."""
        for step in self.after:
            tables = run.apply(step, {**step.arguments, "tables": tables})
        return tables

    def rows(self, run: Run) -> Tables:
        """The points as tables, before any shape is made of them."""
        tables: Tables = []
        for kind, members in self.by_kind(run).items():
            points = self.points(run, kind, members)
            if points.height:
                tables += self.blocks(KINDS[kind], members, points)
        for fn in self.residue:
            tables = filter_tables(run, tables, fn, in_storage=self.like_storage)
        if run.pieces:
            tables = [in_pieces(block, self.bucket) for block in tables]
        return self.grouped(tables)

    def grouped(self, tables: Tables) -> Tables:
        """The tables put together as `group` says."""
        return tables if self.group is None else group_tables(tables, self.group)

    def in_storage_order(self, tables: Tables) -> Tables:
        """What was made of each series, or of each group, in the order in which the storage reads them."""
        if self.group is None:
            return storage_order(tables)
        return _arranged(tables, [c for c in self.group if c not in ("_start", "_stop")])

    # series

    def series(self, run: Run) -> list[Series]:
        """The series that the conditions leave, in InfluxDB's order."""
        known = lookup(run.storage, self.bucket.id)
        asked = [texts_wanted(run, part, fn.parameters[0].name, fn) for fn, part, _ in self.choices]
        places = [(known.having(*pair), i) for i, pair in enumerate(asked) if pair is not None]
        found, done = known.ordered, -1
        if places:
            fewest, done = min(places, key=lambda pair: len(pair[0]))
            found = [known.ordered[place] for place in fewest]
        for i, (fn, part, in_storage) in enumerate(self.choices):
            if i == done or not found:
                continue
            quick = choice(run, part, fn.parameters[0].name, fn, in_storage)
            if quick is not None:
                found = [s for s in found if quick(s)]
            else:
                with by_storage(run, in_storage):
                    mask = _choose(run, found, fn, part)
                found = [s for s, keep in zip(found, mask, strict=True) if keep]
        return list(found)

    def by_kind(self, run: Run) -> dict[str, list[Series]]:
        """The series by the storage's kind of their values."""
        out: dict[str, list[Series]] = {kind: [] for kind in KINDS}
        for series in self.series(run):
            out[series.kind].append(series)
        return {kind: members for kind, members in out.items() if members}

    # points

    def where(self, kind: str) -> Sql:
        """The conditions on points of one kind, joined, as a WHERE clause (empty where there are none)."""
        parts = [condition(KINDS[kind]) for condition in self.conditions]
        parts = [p for p in parts if p.text != "true"]
        if not parts:
            return Sql("")
        return Sql("WHERE " + " AND ".join(p.text for p in parts), tuple(x for p in parts for x in p.parameters))

    def points(self, run: Run, kind: str, members: Sequence[Series]) -> pl.DataFrame:
        """The points of some series, those that are needed: columns series, time, value."""
        if self.reduction is not None:
            return self.reduction.points(run, self, kind, members)
        return self._few_points(run, kind, members) if self.few else self._read_points(run, kind, members, None)

    def _few_points(self, run: Run, kind: str, members: Sequence[Series]) -> pl.DataFrame:
        """All points where they are few. Series that are denser than guessed are remembered, and not tried again."""
        dense = lookup(run.storage, self.bucket.id).dense
        if not dense.isdisjoint(series.id for series in members):
            raise ManyError
        most = min(FEW, DENSER * self.expected(members))
        try:
            return self._read_points(run, kind, members, most)
        except ManyError:
            if 0 < most < FEW:
                dense.update(series.id for series in members)
            raise

    def _read_points(self, run: Run, kind: str, members: Sequence[Series], most: int | None) -> pl.DataFrame:
        if self.where(kind).text:
            source = self.source(run, kind, members)
            sql = f"SELECT series, time, value FROM ({source.text})"  # noqa: S608
            return select(run, sql, source.parameters, expected=self.expected(members), most=most)
        source = self.source(run, kind, members, uses="")
        found = select(run, source.text, source.parameters, expected=self.expected(members), most=most)
        return pl.DataFrame([found["series"], instants(found), found["value"]])

    def expected(self, members: Sequence[Series]) -> int:
        """A guess how many points some series have in the range: one a minute."""
        assert self.bounds is not None
        return len(members) * ((self.bounds[1] - self.bounds[0]) // 60_000_000_000 + 1)

    def source(
        self,
        run: Run,
        kind: str,
        members: Sequence[Series],
        span: tuple[int, int] | None = None,
        *,
        uses: str = "time",
    ) -> Sql:
        """A sub-query for the points of some series, in the scan's range or a part of it.

        `uses` is the SQL that is to be over its columns: where it does not name the time, there is none.
        """
        bounds = span or self.bounds
        assert bounds is not None
        where = self.where(kind)
        time = "time" in uses or "time" in where.text
        text = run.snapshot.points_sql(kind, [s.id for s in members], *bounds, time=time)
        if not where.text:
            return Sql(text)
        return Sql(f"SELECT * FROM ({text}) {where.text}", where.parameters)  # noqa: S608

    def blocks(self, kind: str, members: Sequence[Series], points: pl.DataFrame) -> Tables:
        """Points as one table per series; `kind` is Flux's of the column value."""
        tables: Tables = []
        ids = points["series"].to_numpy()
        for tags, group in by_tags(members, ids).items():
            numbers, rows = table_numbers(group, ids), points
            if len(group) < len(members) and (numbers == NONE).any():
                mine = np.flatnonzero(numbers != NONE)
                numbers, rows = numbers[mine], points[mine]
            numbers, rows = in_order(numbers, rows, "time")
            columns = [rows["time"].alias("_time"), rows["value"].alias("_value"), of_numbers(numbers).alias(TABLE)]
            keys = self.keys(tags, group)
            tables.append(Block(columns_of(kind, tags), tuple(keys.columns), keys, pl.DataFrame(columns)))
        return tables

    def keys(self, tags: Sequence[str], group: Sequence[Series]) -> pl.DataFrame:
        """The group keys of the tables of some series that have the same tags."""
        assert self.bounds is not None
        start, stop = self.bounds
        keys = [
            pl.Series("_start", [start], dtype=pl.Int64).new_from_index(0, len(group)),
            pl.Series("_stop", [stop], dtype=pl.Int64).new_from_index(0, len(group)),
            pl.Series("_field", [s.field for s in group], dtype=pl.String),
            pl.Series("_measurement", [s.measurement for s in group], dtype=pl.String),
        ]
        keys += [pl.Series(name, [s.tags[i][1] for s in group], dtype=pl.String) for i, name in enumerate(tags)]
        return pl.DataFrame(keys)


def instants(points: pl.DataFrame) -> pl.Series:
    """The times of points in nanoseconds, out of their milliseconds and what is beyond.

    The first millisecond of 64 bits begins before they do: what wraps round there comes back with what is beyond.
    """
    return (points["ms"] * MILLISECOND + points["ns"].cast(pl.Int64())).alias("time")


def columns_of(kind: str, tags: Sequence[str]) -> dict[str, str]:
    """The columns of a table that InfluxDB reads, in its order."""
    fixed = {"_start": "time", "_stop": "time", "_time": "time", "_value": kind, "_field": "string"}
    return {**fixed, "_measurement": "string", **dict.fromkeys(tags, "string")}


def group_tables(tables: Tables, group: tuple[str, ...]) -> Tables:
    """Tables by `_start`, `_stop` and tags, as InfluxDB's storage groups them: a tag that lacks is empty text.

    Rows stand in the order of the series as the storage has sorted them by group, groups in that of the tags as they
    are named, an empty one last.
    """
    wanted = [c for c in group if c not in ("_start", "_stop")]
    filled = []
    for block in _ranked(tables, wanted):
        lacking = [c for c in wanted if c not in block.columns]
        for name in lacking:
            empty = constant("", block.table_count, pl.String()).alias(name)
            columns = {**block.columns, name: "string"}
            block = Block(columns, (*block.key, name), block.keys.with_columns(empty), block.rows)
        filled.append(block)
    try:
        grouped = regroup(filled, [("_start", "_stop", *wanted)] * len(filled))
    except FluxError as problem:
        raise _collision(filled, wanted) or problem from None
    return hidden(_arranged([_in_series_order(block) for block in grouped], wanted), wanted)


RANK = "\0rank"


def _collision(tables: Tables, tags: Sequence[str]) -> FluxError | None:
    """What InfluxDB says where series of one group hold values of two kinds: those of the first pair that does."""
    held = []
    for block in tables:
        for *group, rank in block.keys.select(*tags, RANK).rows():
            held.append(([(tag == "", tag) for tag in group], rank, STORED_KINDS[block.columns["_value"]]))
    pairs = pairwise(sorted(held))
    both = next(((a[2], b[2]) for a, b in pairs if a[0] == b[0] and a[2] != b[2]), None)
    return ReadError(f"schema collision: cannot group {both[0]} and {both[1]} types together") if both else None


def _ranked(tables: Tables, tags: Sequence[str]) -> Tables:
    """The tables with the place of their series, sorted by tags, among all of them as a further key column."""
    places = []
    for number, block in enumerate(tables):
        places += [(series, number, i) for i, series in enumerate(series_keys(block))]
    places.sort()
    groups = [list(zip(*(_texts(block, tag) for tag in tags), strict=True)) if tags else [] for block in tables]
    numbers = {key: n for n, key in enumerate(sorted({key for keys in groups for key in keys}))}
    order = order_of([numbers[groups[number][i]] if tags else 0 for _, number, i in places])
    ranks: list[list[int]] = [[0] * block.table_count for block in tables]
    for rank, place in enumerate(order):
        _, number, i = places[place]
        ranks[number][i] = rank
    return [
        replace(
            block,
            columns={**block.columns, RANK: "int"},
            key=(*block.key, RANK),
            keys=with_columns(block.keys, pl.Series(RANK, ranks[number], dtype=pl.Int64())),
        )
        for number, block in enumerate(tables)
    ]


def _texts(block: Block, tag: str) -> list[tuple[bool, str]]:
    """A tag of each table as what it is sorted by: an empty one is the last."""
    texts = block.keys[tag].to_list() if tag in block.columns else [""] * block.table_count
    return [(not text, text or "") for text in texts]


def _in_series_order(block: Block) -> Block:
    """Rows of each table in the order of their series, which are its pieces."""
    rows = block.rows[np.lexsort((block.rows[RANK].to_numpy(), block.tables.to_numpy()))]
    rows = with_columns(rows, one_after_another(rows, RANK))
    columns = {name: kind for name, kind in block.columns.items() if name != RANK}
    return replace(block, columns=columns, rows=rows.drop(RANK))


def _arranged(tables: Tables, tags: Sequence[str]) -> Tables:
    if not tags:
        return tables
    ordered = []
    for block in tables:
        groups = list(zip(*(_texts(block, tag) for tag in tags), strict=True))
        places = sorted(range(block.table_count), key=groups.__getitem__)
        ordered.append(reorder(block, pl.Series(places, dtype=INDEX)))
    if len(ordered) < 2:
        return ordered
    at = {id(block): [block.keys.get_column_index(tag) for tag in tags] for block in ordered}
    return arrange(ordered, lambda table: [(not table[1][i], table[1][i]) for i in at[id(table[0])]])


def _choose(run: Run, series: Sequence[Series], fn: Closure, part: nodes.Node) -> pl.Series:
    """The series for which a condition holds."""
    row = fn.parameters[0].name
    block = series_block(series, sorted(columns_of_row(part, row)))
    try:
        answer = run.interpreter.evaluate(part, Scope({row: Row(block)}, fn.scope))
        return truth(answer, len(series))
    except NeedsRows:
        answers = [run.interpreter.evaluate(part, Scope({row: r}, fn.scope)) for r in records(block)]
        return pl.Series([a is True for a in answers], dtype=pl.Boolean())


def series_block(series: Sequence[Series], columns: Sequence[str]) -> Block:
    """Series as rows: some columns of them, null where a series lacks one."""
    data = {name: pl.Series([tag(s, name) for s in series], dtype=pl.String()) for name in columns}
    rows = pl.DataFrame({**data, TABLE: pl.Series([0], dtype=INDEX).new_from_index(0, len(series))})
    kinds = {name: "string" for name, cells in data.items() if cells.null_count() < len(series)}
    return Block(kinds, (), pl.DataFrame({TABLE: pl.Series([0], dtype=INDEX)}), rows)
