"""The names under which a script's streams come out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from influxlite.flux.plan.steps import Step

NODE_NAMES = {"to": "to", "wideTo": "wide-to"}
"""How InfluxDB's plan calls the steps that write."""


def named(effects: Sequence[Step]) -> list[tuple[str, Step]]:
    """The streams that a script asks for, with their results' names: a yield's own, otherwise `_result`.

    A step that writes is a result only where nothing reads on from it, and is then called by its place in the plan:
    the script's steps are counted from 0, each after those that it reads.
    """
    numbers = _number(effects)
    read = {id(parent) for step in in_order(effects) for parent in step.parents()}
    found = []
    for step in effects:
        if step.package == "universe" and step.name == "yield":
            found.append((step.arguments.get("name", "_result"), step))
        elif not step.function.side_effect:
            found.append(("_result", step))
        elif id(step) not in read:
            found.append((f"{NODE_NAMES.get(step.name, step.name)}{numbers[id(step)]}", step))
    return found


def in_order(effects: Iterable[Step]) -> list[Step]:
    """Every step once, each after those that it reads."""
    order: dict[int, Step] = {}
    for effect in effects:
        stack = [(effect, False)]
        while stack:
            step, parents_done = stack.pop()
            if id(step) in order:
                continue
            if parents_done:
                order[id(step)] = step
            else:
                stack.append((step, True))
                stack += [(parent, False) for parent in reversed(step.parents())]
    return list(order.values())


def _number(effects: Iterable[Step]) -> dict[int, int]:
    return {id(step): number for number, step in enumerate(in_order(effects))}
