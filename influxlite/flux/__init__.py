"""Flux: scripts over the points of a storage.

    for result in query('from(bucket: "telemetry") |> range(start: -1h)', storage=storage, org_id=…, org_name=…):
        result.name, result.tables

`influxlite.flux.csv.encode` turns results into annotated CSV.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import Tables
from influxlite.flux.execute.run import Run
from influxlite.flux.limits import Limits
from influxlite.flux.nodes import File
from influxlite.flux.nodes_json import from_json
from influxlite.flux.parser import SyntaxFault, parse
from influxlite.flux.plan.explain import explain as explain_run
from influxlite.flux.plan.profile import RESULT as PROFILED
from influxlite.flux.plan.profile import Profile, profile
from influxlite.flux.plan.results import named
from influxlite.flux.plan.steps import Step
from influxlite.flux.scope import Scope
from influxlite.flux.types import check
from influxlite.flux.values import Record

__all__ = ["FluxError", "Limits", "Result", "explain", "query"]


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a script: its name, and its tables."""

    name: str
    tables: Tables


def query(
    source: str,
    *,
    storage: Any,
    org_id: str = "",
    org_name: str = "",
    now_ns: int | None = None,
    extern: dict[str, Any] | None = None,
    params: dict[str, Any] | None = None,
    cancelled: threading.Event | None = None,
    limits: Limits | None = None,
    pushdown: bool = True,
    vectorised: bool = True,
    may_read: Callable[[Any], bool] = lambda _: True,
    may_write: Callable[[Any], bool] = lambda _: True,
    planned: Callable[[], None] = lambda: None,
) -> Iterator[Result]:
    """Run a script; results come one after the other.

    The first is made before this returns, so that whatever is wrong with the script, its plan or its first tables is
    raised here, as FluxError; errors of later ones come out of the iterator. `extern` is a File of InfluxDB's AST whose
    statements go first, `params` becomes the record `params`. `may_read` tells which buckets are there for the reader,
    `may_write` which ones `to` may write to. `planned` is called when the script was found right, before
    anything is read.
    With `pushdown` off all but the plain reading is done on frames, with `vectorised` off functions are called row by
    row: the answers are the same.
    """
    limits = limits or Limits()
    began = time.perf_counter_ns()
    files = _compile(source, limits, extern, params)
    compiled = time.perf_counter_ns()
    now = time.time_ns() if now_ns is None else now_ns
    run = Run(storage, org_id, org_name, now, limits=limits, cancelled=cancelled, pushdown=pushdown,
              vectorised=vectorised, may_read=may_read, may_write=may_write)  # fmt: skip
    try:
        roots = _start(run, files, params)
        planned()
        run.trace = profile(run, roots, compiled - began, time.perf_counter_ns() - compiled)
        results = _results(run, roots)
        first = next(results)
    except FluxError:
        run.close()
        raise
    except RecursionError:
        run.close()
        raise invalid("the script is nested too deep") from None
    except BaseException:
        run.close()
        raise
    return _rest(first, results)


def explain(
    source: str,
    *,
    storage: Any,
    org_id: str = "",
    org_name: str = "",
    now_ns: int | None = None,
    cancelled: threading.Event | None = None,
    limits: Limits | None = None,
    may_read: Callable[[Any], bool] = lambda _: True,
) -> str:
    """Run a script, but for what it would write, and tell which of its steps DuckDB did, by which SQL, in what time.

    See `influxlite.flux.plan.explain`. FluxError as with `query`.
    """
    limits = limits or Limits()
    files = _compile(source, limits)
    now = time.time_ns() if now_ns is None else now_ns
    run = Run(storage, org_id, org_name, now, limits=limits, cancelled=cancelled, may_read=may_read)
    try:
        return explain_run(run, lambda: _start(run, files, None))
    except RecursionError:
        raise invalid("the script is nested too deep") from None
    finally:
        run.close()


def _compile(
    source: str, limits: Limits, extern: dict[str, Any] | None = None, params: dict[str, Any] | None = None
) -> list[File]:
    """The syntax trees of a script, found right in names and types; FluxError where they are not."""
    if len(source) > limits.source_bytes:
        raise invalid(f"the script is longer than {limits.source_bytes} characters")
    known = () if params is None else ("params",)
    if not extern:
        return [_remembered(source, known) if len(source) <= SHORT else _checked(source, known)]
    file = _parse(source)
    before = from_json(extern)
    if not isinstance(before, File):
        raise invalid("extern is no File of an AST")
    check([before, file], known)
    return [before, file]


SHORT = 20_000
"""Characters of the scripts whose syntax trees are remembered: dashboards ask the same again and again."""


def _parse(source: str) -> File:
    try:
        return parse(source)
    except SyntaxFault as fault:
        raise invalid(f"compilation failed: {fault.message}") from None


def _checked(source: str, known: tuple[str, ...]) -> File:
    file = _parse(source)
    check([file], known)
    return file


_remembered = lru_cache(maxsize=256)(_checked)


def _start(run: Run, files: list[File], params: dict[str, Any] | None) -> list[tuple[str, Step]]:
    """Evaluate the script: the names of its results and the steps that make them."""
    scope = Scope({}, run.library.universe)
    if params is not None:
        scope.define("params", Record(params))
    for file in files:
        run.interpreter.execute(file, scope)
    return _roots(run)


def _roots(run: Run) -> list[tuple[str, Step]]:
    effects = {id(stream.step): stream.step for stream in run.interpreter.side_effects}
    if not effects:
        raise invalid(
            "error in query specification while starting program: this Flux script returns no streaming data. "
            'Consider adding a "yield" or invoking streaming functions directly, without performing an assignment'
        )
    roots = named(list(effects.values()))
    names = [name for name, _ in roots]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        yields = all(step.name == "yield" for name, step in roots if name == twice)
        told = "error in building plan while starting program: found more than one call to yield() with the name"
        unnamed = "failed to initialize execute state: tried to produce more than one result with the name"
        raise invalid(f'{told if yields else unnamed} "{twice}"')
    run.mark_shared([step for _, step in roots])
    seen: set[int] = set()
    for _, step in roots:
        run.planner.check(step, seen)
    return roots


def _results(run: Run, roots: list[tuple[str, Step]]) -> Iterator[Result]:
    try:
        for name, step in roots:
            yield Result(name, run.whole(step))
        if isinstance(run.trace, Profile):
            yield Result(PROFILED, run.trace.tables())
    finally:
        run.close()


def _rest(first: Result, results: Iterator[Result]) -> Iterator[Result]:
    yield first
    yield from results
