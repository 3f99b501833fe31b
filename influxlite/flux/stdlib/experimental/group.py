"""experimental.group: more columns in the group key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Tables, key_order, regroup
from influxlite.flux.execute.faults import of_call
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[A], mode: string, columns: [string]) => stream[A] where A: Record")
def group(run: Run, tables: Tables, mode: str, columns: list[str]) -> Tables:
    """Add `columns` to the group key; the only mode is "extend".

    import "experimental"
    array.from(rows: [{a: 1, b: 2}]) |> experimental.group(columns: ["a"], mode: "extend")
    """
    if mode != "extend":
        raise of_call(run, f'invalid group mode "{mode}"; experimental.group requires mode "extend"')
    for block in tables:
        missing = next((name for name in sorted(columns) if name not in block.columns), None)
        if missing is not None:
            raise invalid(f'unknown column "{missing}"')
    keys = [tuple(dict.fromkeys((*b.key, *columns))) for b in tables]
    return key_order(regroup(tables, keys))
