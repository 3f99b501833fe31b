"""Key columns that rows lack: InfluxDB's storage groups by tags that a series need not have.

Such a group has the empty text for that tag in its key and no column of its name. `Block.lacking` names these columns:
`columns` and `keys` hold them as others, and who shows rows or asks for columns leaves them out. What a function makes
of such tables follows from where InfluxDB's takes their columns from.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from influxlite.flux.execute.block import Block, Tables

if TYPE_CHECKING:
    from influxlite.flux.plan.steps import Step

SHOW_THE_KEY = frozenset(
    {
        *("count", "covariance", "distinct", "histogram", "histogramQuantile", "holtWinters", "integral", "keyValues"),
        *("keys", "columns", "mean", "mode", "quantile", "reduce", "skew", "spread", "stddev", "sum"),
    }
)
"""Functions of `universe` whose rows begin with the group key: the column is there again, empty."""
ASK_FOR_COLUMNS = frozenset({"aggregateWindow", "drop", "group", "join", "keep", "map", "pivot", "rename", "window"})
"""Functions of `universe` that make a key anew of columns: the column is in it no more."""


def names_lacking(arguments: dict[str, Any]) -> set[str]:
    """The key columns that some of the tables in a step's arguments lack."""
    return {name for value in arguments.values() for block in _blocks(value) for name in block.lacking}


def _blocks(value: Any) -> list[Block]:
    if isinstance(value, dict):
        return [block for part in value.values() for block in _blocks(part)]
    if not isinstance(value, list) or not value:
        return []
    if isinstance(value[0], Block):
        return value
    return [block for part in value for block in _blocks(part)] if isinstance(value[0], list) else []


def shows_the_key(step: Step) -> bool:
    """Whether a step makes rows of the group key and an answer."""
    return step.name in SHOW_THE_KEY and step.arguments.get("method") != "exact_selector"


def shown(value: Any) -> Any:
    """The tables in an argument with empty columns where they lacked them."""
    return _each(value, lambda block: replace(block, lacking=()))


def stripped(value: Any) -> Any:
    """The tables in an argument without the key columns that they lack."""
    return _each(value, _stripped)


def _each(value: Any, change: Any) -> Any:
    if isinstance(value, Block):
        return change(value) if value.lacking else value
    if isinstance(value, list) and _blocks(value):
        return [_each(part, change) for part in value]
    if isinstance(value, dict) and _blocks(value):
        return type(value)((name, _each(part, change)) for name, part in value.items())
    return value


def _stripped(block: Block) -> Block:
    key = tuple(name for name in block.key if name not in block.lacking)
    columns = {name: kind for name, kind in block.columns.items() if name not in block.lacking}
    return replace(block, columns=columns, key=key, keys=block.keys[list(key)], lacking=())


def hidden(tables: Sequence[Block], names: Collection[str]) -> Tables:
    """The tables in blocks of those that lack the same of the key columns `names`: those whose cells are empty."""
    out: Tables = []
    for block in tables:
        asked = [name for name in block.key if name in names]
        empty = [(block.keys[name] == "").fill_null(False).to_numpy() for name in asked]
        patterns = list(zip(*empty, strict=True)) if asked else []
        edges = [i for i, pattern in enumerate(patterns) if not i or pattern != patterns[i - 1]]
        if not edges:
            out.append(block)
            continue
        numbers = np.arange(block.table_count)
        for first, end in zip(edges, [*edges[1:], block.table_count], strict=True):
            part = block.only_tables((numbers >= first) & (numbers < end))
            out.append(replace(part, lacking=tuple(n for n, e in zip(asked, patterns[first], strict=True) if e)))
    return out
