"""debug.pass, opaque, slurp, sink: streams that go on, or do not."""

from __future__ import annotations

from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A]) => stream[A] where A: Record", "pass")
def pass_(tables: Tables) -> Tables:
    """The tables as they are.

    import "internal/debug"
    array.from(rows: [{_value: 1}]) |> debug.pass()
    """
    return tables


@transformation("(<-tables: stream[A]) => stream[B] where A: Record, B: Record")
def opaque(tables: Tables) -> Tables:
    """The tables as they are; nobody may conclude the columns of the answer from those of the input.

    import "internal/debug"
    array.from(rows: [{_value: 1}]) |> debug.opaque()
    """
    return tables


@transformation("(<-tables: stream[A]) => stream[A] where A: Record")
def slurp(tables: Tables) -> Tables:
    """The tables as they are, once all of them are there.

    import "internal/debug"
    array.from(rows: [{_value: 1}]) |> debug.slurp()
    """
    return tables


@transformation("(<-tables: stream[A]) => stream[A] where A: Record")
def sink(tables: Tables) -> Tables:  # noqa: ARG001 - they are read, and that is all
    """No tables, after those that come in were read.

    import "internal/debug"
    array.from(rows: [{_value: 1}]) |> debug.sink()
    """
    return []
