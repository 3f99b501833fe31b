"""The tables of an answer as columns of JSON values: what the page draws, as little of it as it needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from query import annotated_csv
from query.errors import AnswerError
from ward.errors import QueryFailed, TooLarge

LONGEST_MESSAGE = 500
NUMBERS = (pl.Int64, pl.UInt64, pl.Float64)
KNOWN_TO_THE_PAGE = ("_start", "_stop")


@dataclass
class Table:
    """One table of a Flux answer: its group key, and its other columns by name; `kinds` tells what is in each.

    A kind is `time` (milliseconds since 1970), `number`, `boolean` or `string`. What is absent, and a number that is
    none (NaN, an infinity), is None.
    """

    key: dict[str, Any]
    kinds: dict[str, str]
    columns: dict[str, list[Any]]

    def document(self) -> dict[str, Any]:
        """The table as JSON values, without the ends of the range, which the page knows."""
        key = {name: value for name, value in self.key.items() if name not in KNOWN_TO_THE_PAGE}
        kinds = {name: kind for name, kind in self.kinds.items() if name in key or name in self.columns}
        return {"key": key, "kinds": kinds, "columns": self.columns}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row with the values of the group key."""
        names = list(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield {**self.key, **dict(zip(names, values, strict=True))}


def decode(body: bytes, most_rows: int) -> list[Table]:
    """The tables of an annotated CSV answer; raises `QueryFailed` for an error in it, `TooLarge` beyond `most_rows`."""
    try:
        found = annotated_csv.decode(body)
    except annotated_csv.BrokenOff as broken:
        raise QueryFailed("query-failed", str(broken)[:LONGEST_MESSAGE]) from None
    except AnswerError as problem:
        raise QueryFailed("query-failed", str(problem)[:LONGEST_MESSAGE]) from None
    if sum(len(tables.frame) for tables in found) > most_rows:
        raise TooLarge("too-large", "The answer has too many rows to draw. Choose a shorter time.")
    return [table for tables in found for table in _tables(tables)]


def _tables(tables: annotated_csv.Tables) -> Iterator[Table]:
    kinds = {name: _kind(dtype) for name, dtype in tables.frame.schema.items() if name != "table"}
    frame = tables.frame.with_columns(
        [pl.col(name).dt.epoch("ms") for name, kind in kinds.items() if kind == "time"]
        + [
            pl.when(pl.col(name).is_finite()).then(pl.col(name))
            for name, dtype in tables.frame.schema.items()
            if dtype == pl.Float64
        ]
    )
    others = [name for name in kinds if name not in tables.group]
    for part in frame.partition_by("table", maintain_order=True):
        key = {name: part[name][0] for name in tables.group}
        yield Table(key, kinds, {name: part[name].to_list() for name in others})


def _kind(dtype: pl.DataType) -> str:
    if dtype in NUMBERS:
        return "number"
    if dtype == pl.Boolean:
        return "boolean"
    return "time" if isinstance(dtype, pl.Datetime) else "string"
