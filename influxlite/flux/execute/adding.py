"""Functions that only add up or multiply, `(r, accumulator) => ({n: accumulator.n + 1, …})`, for all rows at once.

What a row adds to a property is worked out on whole columns, and NumPy folds it in the order of the rows, so that
floats round as they do one by one. Everything else is called row by row.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from influxlite.flux import nodes
from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Block
from influxlite.flux.execute.rows import Row, as_columns, row_body
from influxlite.flux.functions import Closure, Function
from influxlite.flux.values import Record, UInt, type_name
from influxlite.flux.vectors import NeedsRows

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

FOLDS = {"+": np.add, "*": np.multiply}
TYPES = {"int": (np.int64, int), "uint": (np.uint64, UInt), "float": (np.float64, float)}


def folded(run: Run, fn: Function, identity: Record, block: Block) -> list[Record] | None:
    """The last record of each table of a block, None where the function must be called with each row."""
    parts = _parts(fn, identity) if run.vectorised and block.rows.height else None
    if parts is None or not isinstance(fn, Closure):
        return None
    body = nodes.ObjectExpression(fn.node.body.location, None, [added for _, added in parts.values()])
    row = next(parameter for parameter in fn.parameters if parameter.name == "r")
    adds = Closure(replace(fn.node, body=body), (row,), fn.scope)
    try:
        with row_body(run):
            columns = as_columns(run.call(adds, {"r": Row(block)}), block.rows.height)
    except (FluxError, NeedsRows):  # said again by the row where it comes up
        return None
    ends = np.concatenate([[0], np.cumsum(block.counts())]).tolist()
    answers = [Record() for _ in range(block.table_count)]
    for name, first in identity.items():
        column, (dtype, wrap) = columns.get(name), TYPES[type_name(first)]
        if column is None or column.kind != type_name(first) or column.series.null_count():
            return None
        values = np.concatenate([np.zeros(1, dtype), column.series.to_numpy().astype(dtype, copy=False)])
        fold = FOLDS[parts[name][0]]
        with np.errstate(all="ignore"):
            for answer, (start, stop) in zip(answers, pairwise(ends), strict=True):
                values[start] = first  # in the place of the row before: that table is done with
                answer[name] = wrap(fold.accumulate(values[start : stop + 1])[-1])
    return answers


def _parts(fn: Function, identity: Record) -> dict[str, tuple[str, nodes.Property]] | None:
    """For each property the operator and what a row gives to it, None where the function does anything else."""
    if not isinstance(fn, Closure) or {p.name for p in fn.parameters} != {"r", "accumulator"}:
        return None
    body = _bare(fn.node.body)
    if not isinstance(body, nodes.ObjectExpression) or body.with_ is not None:
        return None
    found = {}
    for prop in body.properties:
        name = prop.key.value if isinstance(prop.key, nodes.StringLiteral) else prop.key.name
        value = _bare(prop.value) if prop.value is not None else None
        if not isinstance(value, nodes.BinaryExpression) or value.operator not in FOLDS:
            return None
        if not _is_own(value.left, name) or _mentions(value.right):
            return None
        found[name] = value.operator, replace(prop, value=value.right)
    same = found.keys() == identity.keys() and len(found) == len(body.properties)
    return found if same and all(type_name(value) in TYPES for value in identity.values()) else None


def _bare(node: nodes.Node) -> nodes.Node:
    while isinstance(node, nodes.ParenExpression):
        node = node.expression
    return node


def _is_own(node: nodes.Node, name: str) -> bool:
    """Whether it is `accumulator.name`."""
    node = _bare(node)
    if not isinstance(node, nodes.MemberExpression) or not isinstance(node.object, nodes.Identifier):
        return False
    prop = node.property
    own = prop.value if isinstance(prop, nodes.StringLiteral) else prop.name
    return node.object.name == "accumulator" and own == name


def _mentions(node: nodes.Node) -> bool:
    """Whether `accumulator` stands anywhere inside."""
    if isinstance(node, nodes.Identifier) and node.name == "accumulator":
        return True
    return any(_mentions(child) for child in node.children())
