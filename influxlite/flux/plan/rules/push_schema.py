"""What the schema package asks: names and values of tags come from the index of series, sorted.

… |> keys() |> keep(columns: ["_value"]) |> distinct()              the names of the tags
… |> keep(columns: [tag]) |> group() |> distinct(column: tag)       the values of a tag
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.shapes.tags import TagKeys, TagValues
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

NO_TAGS = frozenset({"_time", "_value", "_start", "_stop"})


def push_tag_keys(run: Run, step: Step, scan_of: Callable[[Step], Scan | None]) -> Scan | None:
    """The names of the tags of what a scan finds."""
    found = _chain(run, step, ("distinct", "keep", "keys"))
    if found is None:
        return None
    (distinct, keep, keys), source = found
    column = keys.arguments.get("column", "_value")
    if keep.arguments.get("columns") != [column] or distinct.arguments.get("column", "_value") != column:
        return None
    scan = scan_of(source)
    return None if scan is None or not _plain(run, source, scan) else replace(scan, shape=TagKeys())


def push_tag_values(run: Run, step: Step, scan_of: Callable[[Step], Scan | None]) -> Scan | None:
    """The values of a tag of what a scan finds."""
    found = _chain(run, step, ("distinct", "group", "keep"))
    if found is None:
        return None
    (distinct, group, keep), source = found
    tag = distinct.arguments.get("column", "_value")
    by_all = not group.arguments.get("columns") and group.arguments.get("mode", "by") == "by"
    if tag in NO_TAGS or keep.arguments.get("columns") != [tag] or not by_all:
        return None
    scan = scan_of(source)
    return None if scan is None or not _plain(run, source, scan) else replace(scan, shape=TagValues(tag))


def _plain(run: Run, source: Step, scan: Scan) -> bool:
    return scan.bounds is not None and scan.raw and scan.like_storage and id(source) not in run.shared


def _chain(run: Run, step: Step, names: tuple[str, ...]) -> tuple[list[Step], Step] | None:
    """The steps of these names, from the last to the first, and the step before them."""
    steps: list[Step] = []
    current: Step | None = step
    for name in names:
        if current is None or current.name != name or current.package != "universe":
            return None
        if steps and id(current) in run.shared:
            return None
        steps.append(current)
        current = current.parent()
    return None if current is None else (steps, current)
