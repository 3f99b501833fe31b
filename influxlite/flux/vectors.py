"""A whole column as one Flux value, so that a function over rows is evaluated once for all rows of a block.

The interpreter hands a `Vec` around like any other value. Whatever cannot work on a column at once raises `NeedsRows`,
and the caller evaluates the function row by row instead; both ways give the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.texts import bounded
from influxlite.flux.values import Record, Time, UInt, is_null, type_name

DTYPES: dict[str, Any] = {
    "float": pl.Float64(),
    "int": pl.Int64(),
    "uint": pl.UInt64(),
    "string": pl.String(),
    "bool": pl.Boolean(),
    "time": pl.Int64(),
}
"""How a column of each kind is kept; times are nanoseconds since 1970."""


class NeedsRows(Exception):  # noqa: N818 - a signal to go another way, not an error
    """This expression has no meaning on a whole column; evaluate it row by row."""


class Vec:
    """One value per row of a block. `series` is a polars series, or a list of values where `kind` is "object"."""

    __slots__ = ("kind", "series")

    def __init__(self, series: Any, kind: str) -> None:
        self.series = series
        self.kind = kind

    def __len__(self) -> int:
        return len(self.series)

    def __bool__(self) -> bool:
        raise NeedsRows

    def __eq__(self, other: object) -> bool:
        raise NeedsRows

    def __hash__(self) -> int:
        raise NeedsRows

    def values(self) -> Iterable[Any]:
        """The Flux value of each row."""
        if self.kind == "object":
            return self.series
        items = self.series.to_list()
        wrap = _WRAPS.get(self.kind)
        return items if wrap is None else [None if v is None else wrap(v) for v in items]

    def filter(self, mask: pl.Series) -> Vec:
        """The rows where `mask` is true."""
        if self.kind == "object":
            return Vec([v for v, keep in zip(self.series, mask, strict=True) if keep], "object")
        return Vec(self.series.filter(mask), self.kind)


_WRAPS: dict[str, Callable[[int], Any]] = {"uint": UInt, "time": Time}


def scalar(value: Any, kind: str) -> Any:
    """A cell of a column of `kind` as a Flux value."""
    wrap = _WRAPS.get(kind)
    return value if wrap is None or value is None else wrap(value)


def from_values(items: Sequence[Any]) -> Vec | None:
    """A column out of one Flux value per row; None where all of them are null and so have no type."""
    kinds = {type_name(v) for v in items if v is not None}
    if not kinds:
        return None
    if len(kinds) == 1:
        kind = kinds.pop()
        if kind in DTYPES:
            return Vec(pl.Series([None if is_null(v) else v for v in items], dtype=DTYPES[kind]), kind)
    return Vec(list(items), "object")


def repeat(value: Any, n: int) -> Vec | None:
    """A constant as a column of n rows; None for a null without a type."""
    if isinstance(value, Vec):
        return value
    if value is None:
        return None
    kind = type_name(value)
    if kind not in DTYPES:
        return Vec([value] * n, "object")
    cell = None if is_null(value) else value
    return Vec(constant(cell, n, DTYPES[kind]), kind)


def constant(cell: Any, n: int, dtype: pl.DataType) -> pl.Series:
    """The same cell in n rows. polars' own `repeat` runs a query for it, at some 40 us."""
    return pl.Series([cell], dtype=dtype).new_from_index(0, n)


def holds_vec(value: Any) -> bool:
    """Whether there is a column anywhere inside `value`."""
    kind = type(value)
    if kind is Vec:
        return True
    if kind is Record:
        return any(holds_vec(v) for v in value.values())
    if kind is list:
        return any(holds_vec(v) for v in value)
    inside = getattr(value, "holds_vec", None)
    return bool(inside) if inside is not None else False


def length_of(value: Any) -> int | None:
    """The number of rows of the columns inside `value`, None where there is no column."""
    if isinstance(value, Vec):
        return len(value)
    if isinstance(value, list):
        inside = value
    elif isinstance(value, dict):
        inside = list(value.values())
    else:
        return getattr(value, "row_count", None)
    return next((n for n in map(length_of, inside) if n is not None), None)


def explode(value: Any, n: int) -> list[Any]:
    """`value` for each of n rows: a record of columns becomes n records."""
    if isinstance(value, Vec):
        return list(value.values())
    if not holds_vec(value):
        return [value] * n
    if isinstance(value, list):
        columns = [explode(v, n) for v in value]
        return [list(row) for row in zip(*columns, strict=True)]
    if isinstance(value, dict):
        columns = [explode(v, n) for v in value.values()]
        return [Record(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]
    as_record = getattr(value, "as_record", None)
    if as_record is None:
        raise NeedsRows
    return explode(as_record(), n)


def select(value: Any, mask: pl.Series) -> Any:
    """`value` with each column inside it cut down to the rows where `mask` is true."""
    if isinstance(value, Vec):
        return value.filter(mask)
    if not holds_vec(value):
        return value
    if isinstance(value, list):
        return [select(v, mask) for v in value]
    if isinstance(value, dict):
        return Record((k, select(v, mask)) for k, v in value.items())
    return value.select(mask)


def merge(mask: pl.Series, then: Any, other: Any) -> Any:
    """Rows where `mask` is true from `then` (which holds only those), the rest, in order, from `other`."""
    if not isinstance(then, Vec) and not isinstance(other, Vec):
        if isinstance(then, Record) and isinstance(other, Record) and then.keys() == other.keys():
            return Record((k, merge(mask, then[k], other[k])) for k in then)
        if not holds_vec(then) and not holds_vec(other) and type(then) is type(other) and then == other:
            return then
    yes = int(mask.sum() or 0)
    first, second = repeat(_plain(then), yes), repeat(_plain(other), len(mask) - yes)
    if first is None and second is None:
        return None
    kind = first.kind if first is not None else second.kind  # type: ignore[union-attr]
    if first is not None and second is not None and first.kind != second.kind:
        if "object" not in (first.kind, second.kind):
            raise invalid(f"cannot unify {first.kind} with {second.kind}")
        kind = "object"
    if kind == "object":
        left = iter(first.values() if first is not None else [None] * yes)
        right = iter(second.values() if second is not None else [None] * (len(mask) - yes))
        return Vec([next(left) if m else next(right) for m in mask], "object")
    dtype = DTYPES[kind]
    a = first.series if first is not None else constant(None, yes, dtype)
    b = second.series if second is not None else constant(None, len(mask) - yes, dtype)
    ranks = pl.select(pl.when(mask).then(mask.cum_sum() - 1).otherwise((~mask).cum_sum() - 1 + yes)).to_series()
    return Vec(pl.concat([a, b]).gather(ranks), kind)


def _plain(value: Any) -> Any:
    return (
        Vec(explode(value, length_of(value) or 0), "object")
        if not isinstance(value, Vec) and holds_vec(value)
        else value
    )


def elementwise(call: Callable[[dict[str, Any]], Any], arguments: dict[str, Any], *, pure: bool = True) -> Any:
    """Calls a function of plain values once a row (once per different value where it is pure and of one column)."""
    n = length_of(arguments) or 0
    columns = {k: v for k, v in arguments.items() if holds_vec(v)}
    if pure and len(columns) == 1:
        (name, column), answers = next(iter(columns.items())), {}
        if isinstance(column, Vec) and column.kind in ("string", "bool"):

            def once(value: Any) -> Any:
                if value not in answers:
                    answers[value] = call({**arguments, name: value})
                return answers[value]

            return from_values(bounded(map(once, column.values())))
    exploded = {k: explode(v, n) for k, v in columns.items()}
    return from_values(bounded(call({**arguments, **{k: v[i] for k, v in exploded.items()}}) for i in range(n)))


def must_be_bool(value: Vec, message: str) -> pl.Series:
    """The booleans of a column; FluxError with `message` for a column of another kind."""
    if value.kind != "bool":
        raise FluxError("invalid", message)
    return value.series
