"""Tables of one stream that have the same group key: most functions take each key once."""

from __future__ import annotations

from collections.abc import Sequence

from influxlite.flux.conversions import long_time_text, to_text
from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Block, Tables
from influxlite.flux.vectors import scalar


def refuse_twins(given: Sequence[Block], made: Tables, what: str) -> None:
    """FluxError where two tables that a function made have one group key; the message names that of the table it came
    from. `made` has the tables of `given`, one for one, but for blocks without tables."""
    sources = [block for block in given if block.table_count]
    if len(made) < 2 and all(block.table_count < 2 for block in made):
        return
    seen: set[tuple[tuple[str, object], ...]] = set()
    for source, block in zip(sources, made, strict=True):
        names = sorted(block.key)
        if block.table_count > 1 and len(made) == 1 and block.keys.select(names).n_unique() == block.table_count:
            return
        rows = block.keys.select(names).rows() if names else [()] * block.table_count
        for number, row in enumerate(rows):
            mark = tuple(zip(names, row, strict=True))
            if mark in seen:
                raise invalid(f"{what} with key: {key_text(source, number)}")
            seen.add(mark)


def key_text(block: Block, number: int) -> str:
    """The group key of a table as InfluxDB's messages write it."""
    cells = (f"{name}={_cell(block, name, number)}" for name in sorted(block.key))
    return f"{{{','.join(cells)}}}"


def _cell(block: Block, name: str, number: int) -> str:
    value = scalar(block.keys[name][number], block.columns[name])
    if value is None:
        return "<nil>"
    return long_time_text(value) if block.columns[name] == "time" else to_text(value)
