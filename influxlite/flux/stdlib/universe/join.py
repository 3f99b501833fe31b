"""join: rows of two streams side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Block, Tables, key_order, make_block, merge_same_keys
from influxlite.flux.execute.faults import of_call
from influxlite.flux.execute.growth import check_join
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Record, type_name

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: A, ?method: string, ?on: [string]) => stream[B] where A: Record, B: Record")
def join(run: Run, tables: Record, on: list[str] | None = None, method: str = "inner") -> Tables:
    """Rows of two streams that agree in all columns `on`, side by side, sorted by those columns.

    Other columns that both have get the stream's name as an ending. The group keys are united.

        join(tables: {a: array.from(rows: [{t: 1, x: 2}]), b: array.from(rows: [{t: 1, x: 3}])}, on: ["t"])
    """
    if not on:
        raise of_call(run, "at least one column in 'on' column list is required")
    if method not in ("inner", ""):
        raise of_call(run, f"{method} is not a valid join type")
    for name, found in tables.items():
        if not isinstance(found, list):
            raise of_call(run, f'expected "{name}" to be stream type; instead got {type_name(found)}')
    if len({id(found) for found in tables.values()}) != 2:  # a stream that is named twice is one
        what = "joins currently must only have two parents"
        raise FluxError("invalid", f"failed to initialize execute state: {what}", placed=True)
    left_name, right_name = sorted(tables)
    parts = [
        joined
        for left in tables[left_name]
        for right in tables[right_name]
        if (joined := _joined(run, left, right, on, (left_name, right_name))) is not None
    ]
    return key_order(merge_same_keys(parts))


def _joined(run: Run, left: Block, right: Block, on: list[str], names: tuple[str, str]) -> Block | None:
    if any(c not in left.columns or c not in right.columns for c in on):
        return None
    if any(left.columns[c] != right.columns[c] for c in on):
        return None
    both = {c for c in left.columns if c in right.columns and c not in on}
    new_left = {c: f"{c}_{names[0]}" if c in both else c for c in left.columns}
    new_right = {c: f"{c}_{names[1]}" if c in both else c for c in right.columns}
    a = left.frame().rename(new_left).sort(sorted(on), maintain_order=True)
    b = right.frame().rename(new_right).sort(sorted(on), maintain_order=True)
    check_join(run, a, b, on)
    rows = a.join(b, on=on, how="inner", maintain_order="left_right")
    if not rows.height:
        return None
    columns = {new_left[c]: k for c, k in left.columns.items()} | {new_right[c]: k for c, k in right.columns.items()}
    key = dict.fromkeys([*(new_left[c] for c in left.key), *(new_right[c] for c in right.key)])
    columns = {c: columns[c] for c in sorted(columns)}
    return make_block(columns, tuple(c for c in columns if c in key), rows.select(list(columns)))
