"""Functions over rows, `(r) => …`, evaluated for all rows of a block at once.

`r` is a `Row`: asking it for a property gives the whole column. Where an expression cannot be evaluated on columns
(`NeedsRows`), the function is called once for each row with a plain record; both ways give the same answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.errors import CancelledError, ConditionError, FluxError, NullError, OperandsError
from influxlite.flux.execute.block import Block
from influxlite.flux.functions import Closure
from influxlite.flux.operators import ARITHMETIC
from influxlite.flux.values import Null, Record
from influxlite.flux.vectors import NeedsRows, Vec, constant, from_values, repeat, scalar, select

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.functions import Function


class Row:
    """All rows of a block as one record whose properties are columns. `extra` holds what `{r with …}` added.

    With `whole` a property is a column also where it is the same in all rows by the group key.
    """

    __slots__ = ("block", "cache", "extra", "mask", "whole")

    holds_vec = True

    def __init__(
        self, block: Block, extra: Record | None = None, mask: pl.Series | None = None, *, whole: bool = False
    ) -> None:
        self.block = block
        self.whole = whole
        self.extra = extra or Record()
        self.mask = mask
        self.cache: dict[str, Any] = {}

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return self.block.rows.height if self.mask is None else int(self.mask.sum() or 0)

    def names(self) -> list[str]:
        """The properties, in order."""
        own = self.block.shown()
        return [*own, *(n for n in self.extra if n not in self.block.columns)]

    def get_property(self, name: str) -> Any:
        """A column, or a constant where all rows have the same by their group key; null where there is none."""
        if name in self.extra:
            return self.extra[name]
        if name not in self.block.columns or name in self.block.lacking:
            return None
        value = self.cache.get(name)
        if value is None:
            value = self.block.vec(name) if self.whole else self.block.value(name)
            if self.mask is not None and isinstance(value, Vec):
                value = value.filter(self.mask)
            self.cache[name] = value
        return value

    def extended(self, properties: Record) -> Row:
        """`{r with …}`."""
        made = Row(self.block, Record({**self.extra, **properties}), self.mask, whole=self.whole)
        made.cache = self.cache
        return made

    def select(self, mask: pl.Series) -> Row:
        """The rows where `mask` is true."""
        if self.mask is None:
            whole = mask
        else:
            whole = constant(False, len(self.mask), pl.Boolean()).scatter(self.mask.arg_true(), mask)
        extra = Record((k, select(v, mask)) for k, v in self.extra.items())
        return Row(self.block, extra, whole, whole=self.whole)

    def as_record(self) -> Record:
        """A plain record of columns and constants."""
        return Record((name, self.get_property(name)) for name in self.names())


@contextmanager
def row_body(run: Run) -> Iterator[None]:
    """While it lasts, the bodies of functions called are compiled ones of InfluxDB's: errors name no calls in them."""
    interpreter = run.interpreter
    before, interpreter.row_depth = interpreter.row_depth, interpreter.depth + 1
    try:
        yield
    finally:
        interpreter.row_depth = before


@contextmanager
def row_function(run: Run, what: str, fn: Function, code: str | None = None) -> Iterator[None]:
    """While it lasts, `fn` over rows is evaluated: its errors are told as those of `what`, of kind `code`.

    Types that do not fit are found before any row is looked at, and told so.
    """
    try:
        with row_body(run):
            yield
    except (CancelledError, NullError):
        raise
    except ConditionError as problem:
        problem.message = f"type conflict: bool != {problem.kind}"
        raise
    except OperandsError as problem:
        if problem.operator in ARITHMETIC:
            problem.message = "type conflict: {} != {}".format(*problem.operands)
        elif isinstance(fn, Closure):
            problem.message = f"cannot compile {str(fn.node.location).replace('@', '@ ')}: {problem.message}"
        raise
    except FluxError as problem:
        problem.code = code or problem.code
        problem.message = f"failed to evaluate {what} function: {problem.message}"
        raise


@contextmanager
def by_storage(run: Run, wanted: bool) -> Iterator[None]:
    """While it lasts, comparisons are those of InfluxDB's storage (`influxlite.flux.operators.in_storage`)."""
    before, run.interpreter.in_storage = run.interpreter.in_storage, wanted
    try:
        yield
    finally:
        run.interpreter.in_storage = before


@contextmanager
def column_function(run: Run) -> Iterator[None]:
    """While it lasts, a function is evaluated as InfluxDB does on whole columns, whose errors name no place."""
    interpreter = run.interpreter
    interpreter.on_columns = True
    try:
        with row_body(run):
            yield
    except (CancelledError, NullError):
        raise
    except FluxError as problem:
        problem.message = f"runtime error: {_on_columns(problem)}"
        problem.placed = True
        raise
    finally:
        interpreter.on_columns = False


def _on_columns(problem: FluxError) -> str:
    """How InfluxDB words an error that it finds on whole columns."""
    if isinstance(problem, ConditionError):
        return f"type conflict: bool != {problem.kind}"
    if not isinstance(problem, OperandsError):
        return problem.message.replace(" to float due ", " to Float due ")
    if problem.operator in ARITHMETIC:
        return "type conflict: {} != {}".format(*problem.operands)
    told = problem.message.removeprefix("unsupported binary expression ")
    return f"unsupported type for vector {COMPARISONS[problem.operator]}: {told}"


COMPARISONS = {
    "==": "Equal",
    "!=": "NotEqual",
    "<": "LessThan",
    "<=": "LessThanEqual",
    ">": "GreaterThan",
    ">=": "GreaterThanEqual",
}


def records(block: Block) -> list[Record]:
    """The rows of a block as records."""
    names = block.shown()
    if not names:
        return [Record() for _ in range(block.rows.height)]
    columns = [_cells(block.vec(name)) for name in names]
    return [Record(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _cells(column: Vec) -> list[Any]:
    """The values of a column, its nulls with their type."""
    if not column.series.null_count():
        return list(column.values())
    null = Null(column.kind)
    return [null if v is None else v for v in column.values()]


def call_on_rows(run: Run, fn: Function, block: Block, parameter: str = "r", **more: Any) -> Any:
    """`fn(r: …)` for all rows: a constant, a `Vec`, a `Row` or a record of them. The block must have rows."""
    if run.vectorised:
        try:
            return run.call(fn, {parameter: Row(block, whole=run.interpreter.on_columns), **more})
        except NeedsRows:
            pass
    return gather([run.call(fn, {parameter: record, **more}) for record in records(block)])


def gather(answers: list[Any]) -> Any:
    """One answer per row as columns: records become a record of columns."""
    if answers and all(isinstance(a, Record) for a in answers):
        names = dict.fromkeys(name for answer in answers for name in answer)
        return Record((name, from_values([a.get(name) for a in answers])) for name in names)
    return from_values(answers)


def truth(value: Any, n: int) -> pl.Series:
    """The rows for which a predicate's answer is true; null counts as not."""
    if isinstance(value, Vec):
        return value.series.fill_null(False)
    return constant(value is True, n, pl.Boolean())


def as_columns(value: Any, n: int) -> dict[str, Vec]:
    """The properties of a record as columns of n rows; what is null throughout has no type and is left out."""
    record = value.as_record() if isinstance(value, Row) else value
    columns = {name: repeat(v, n) for name, v in record.items()}
    return {name: vec for name, vec in columns.items() if vec is not None}


def first_record(block: Block, number: int) -> Record:
    """Row `number` of a block as a record."""
    return Record((n, scalar(block.column(n)[number], k)) for n, k in block.columns.items())
