"""What is wrong with a Flux script before anything is read: names that nobody defined, types that do not agree.

`check` is the way in. Below it: `rules` (shape, names given twice), `inference` (types of expressions) on `unify`
(making types agree) on `monotypes` (what a type is); `environment` and `signatures` give the standard library's types,
`mismatches` and `display` the messages.
"""

from __future__ import annotations

from collections.abc import Iterable

from influxlite.flux import nodes
from influxlite.flux.errors import FluxError
from influxlite.flux.parser import Fault, report
from influxlite.flux.types.inference import Inference
from influxlite.flux.types.rules import broken_rules

__all__ = ["check", "faults"]


def faults(files: Iterable[nodes.File], known: Iterable[str] = ()) -> list[Fault]:
    """All that is wrong with a program of these files (without faults of syntax), as InfluxDB finds it.

    The names of a file stay for the next one. `known` are names defined elsewhere, of a type that is not judged.
    """
    files = list(files)
    inference = Inference(frozenset(known))
    try:
        for file in files:
            inference.file(file)
        return [*broken_rules(files), *inference.faults()]
    except RecursionError:  # functions of functions can make types nested a million deep: those are not judged
        return []


def check(files: Iterable[nodes.File], known: Iterable[str] = ()) -> None:
    """FluxError "invalid" in InfluxDB's words when anything is wrong: `error @3:8-3:12: undefined identifier meen`."""
    found = faults(files, known)
    if found:
        raise FluxError("invalid", report(found))
