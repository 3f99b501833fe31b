"""One run of one script: what it may read and use, its options, and the tables made so far."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from influxlite.flux.conversions import as_time
from influxlite.flux.errors import CancelledError, FluxError, ReadError
from influxlite.flux.execute.arrival import PIECES_KEPT, as_they_came
from influxlite.flux.execute.block import Tables, key_order, one_piece
from influxlite.flux.execute.collisions import Collided, found_by, left_by, passes_on, problem_in, still_apart
from influxlite.flux.execute.lacking import ASK_FOR_COLUMNS, hidden, names_lacking, shown, shows_the_key, stripped
from influxlite.flux.execute.places import place_of_error, place_of_reader
from influxlite.flux.execute.twins import check_twins
from influxlite.flux.execute.watch import WATCH
from influxlite.flux.functions import Function, Native
from influxlite.flux.interpreter import Interpreter
from influxlite.flux.library import Library
from influxlite.flux.limits import Limits
from influxlite.flux.plan.pieces import looks_at_pieces
from influxlite.flux.plan.planner import Planner
from influxlite.flux.plan.rules.push_filter import split_filter
from influxlite.flux.plan.rules.push_window import plain_name
from influxlite.flux.plan.statement import FEW, ManyError
from influxlite.flux.plan.steps import FOUND, Step, Stream
from influxlite.flux.plan.storage_order import FOLDED, PUSHED, PUSHED_IN_GROUPS, by_storage, by_windows
from influxlite.flux.plan.window_idiom import as_aggregate_window
from influxlite.flux.values import INFINITE, ZERO, Duration, Record, wrap_int
from influxlite.flux.windows import MAX_TIME, MIN_TIME, UTC_LOCATION, Location

if TYPE_CHECKING:
    from influxlite.flux.plan.scan import Scan
    from influxlite.flux.plan.trace import Trace
    from influxlite.storage.snapshot import Snapshot


class Run:
    """The state of one query. `storage` is None for scripts that read no bucket. For one thread."""

    def __init__(
        self,
        storage: Any,
        org_id: str,
        org_name: str,
        now_ns: int,
        *,
        limits: Limits | None = None,
        cancelled: threading.Event | None = None,
        pushdown: bool = True,
        vectorised: bool = True,
        may_read: Callable[[Any], bool] = lambda _: True,
        may_write: Callable[[Any], bool] = lambda _: True,
    ) -> None:
        self.storage = storage
        self.org_id = org_id
        self.org_name = org_name
        self.now_ns = now_ns
        self.limits = limits or Limits()
        self.cancelled = cancelled
        self.vectorised = vectorised
        self.may_read = may_read
        self.may_write = may_write
        self.deadline = time.monotonic() + self.limits.time_s
        self.interpreter = Interpreter(self)
        self.library = Library(self)
        self.planner = Planner(self, pushdown)
        self.memo: dict[int, tuple[Step, Tables]] = {}
        self.shared: set[int] = set()
        self._large: set[int] = set()  # those of them that were found to have many points
        self.pieces = False  # whether a step looks at the pieces in which InfluxDB reads
        self.current: Step | None = None
        self.trace: Trace | None = None
        self._held_bytes = 0
        self._resources = ExitStack()
        self._snapshot: Snapshot | None = None

    def close(self) -> None:
        """Give back what reading has opened."""
        self.memo.clear()
        self._resources.close()
        self._snapshot = None

    # limits

    def check(self) -> None:
        """FluxError where the client has left or the time is over."""
        if self.cancelled is not None and self.cancelled.is_set():
            raise CancelledError("internal error", "query was cancelled: the client has left")
        if time.monotonic() > self.deadline:
            raise CancelledError("internal error", f"query took longer than {self.limits.time_s:g} seconds")

    def check_rows(self, count: int) -> None:
        """FluxError where a step makes more rows than a query may."""
        if count > self.limits.rows:
            raise CancelledError("internal error", f"query makes more than {self.limits.rows} rows in one step")

    def check_bytes(self, count: int) -> None:
        """FluxError where tables of so many bytes, beside those that are kept, are more than a query may hold."""
        if self._held_bytes + count > self.limits.memory_bytes:
            megabytes = self.limits.memory_bytes / 1e6
            raise CancelledError("internal error", f"query holds more than {megabytes:g} MB of tables")

    # calling and options

    def call(self, fn: Function, arguments: dict[str, Any], location: Any = None) -> Any:
        """The value of a call; a transformation with an effect is remembered as such."""
        self.check()
        value = fn.call(self, arguments, location)
        if isinstance(value, Stream):
            self.pieces = self.pieces or looks_at_pieces(value.step)
        if getattr(fn, "side_effect", False) and isinstance(value, Stream):
            self.interpreter.side_effects.append(value)
        return value

    def call_for_step(self, fn: Function, arguments: dict[str, Any]) -> Any:
        """The value of a call that the current step makes: steps of the library's own functions stand where it does."""
        before = self.interpreter.library_call
        if self.current is not None and (isinstance(fn, Native) or getattr(fn, "library", False)):
            self.interpreter.library_call = self.current.called, self.current.location
        try:
            return self.call(fn, arguments)
        finally:
            self.interpreter.library_call = before

    def option(self, name: str) -> Any:
        """An option such as `location`, as the script has set it."""
        return self.library.universe.names[name]

    def location(self, given: Any = None) -> Location:
        """A time zone out of a record {zone, offset}; the script's option `location` where none is given."""
        record = given if given is not None else self.option("location")
        return Location(record["zone"], record["offset"])

    def now(self) -> int:
        """What `now()` says, the same for all of a query unless the script's own option differs."""
        value = self.call(self.option("now"), {})
        return as_time(value, self.now_ns)

    # reading

    @property
    def snapshot(self) -> Snapshot:
        """The one view of the storage that all of this query's reads share."""
        if self._snapshot is None:
            self._snapshot = self._resources.enter_context(self.storage.snapshot())
        return self._snapshot

    def look_anew(self) -> None:
        """What this query has written itself is there for its later reads."""
        self._resources.close()
        self._snapshot = None

    def tables(self, stream: Stream) -> Tables:
        """The tables of a stream; each step is run once."""
        return self.whole(stream.step)

    def whole(self, step: Step) -> Tables:
        """The tables that a step makes; FluxError where some of one key cannot be one."""
        tables = self.step_tables(step)
        if isinstance(tables, Collided):
            parent = step.parent()
            last = parent if step.name == "yield" and step.package == "universe" and parent is not None else step
            raise found_by(self, last, tables.problem)
        return as_they_came(self, step, tables)

    def step_tables(self, step: Step) -> Tables:
        """The tables that a step makes."""
        known = self.memo.get(id(step))
        if known is not None:
            return known[1]
        self.check()
        try:
            tables = self._execute(step)
        except ReadError as problem:
            place = "" if problem.placed else place_of_reader(self, step)
            problem.message, problem.placed = place + problem.message, problem.placed or bool(place)
            raise
        self._keep(step, tables)
        return tables

    def _keep(self, step: Step, tables: Tables) -> None:
        """Hold the tables of a step within the query's limits, and remember them where several others read it."""
        size = int(sum(block.rows.estimated_size() for block in tables))
        self.check_bytes(size)
        if id(step) in self.shared:
            self.memo[id(step)] = (step, tables)
            self._held_bytes += size

    def _execute(self, step: Step) -> Tables:
        scan = self.planner.scan_of(step)
        if scan is not None and (scan.as_read or not self._reads_what_is_kept(step)):
            return self._scan(step, scan)
        one = as_aggregate_window(self, step)
        if one is not None:
            return self._execute(one)
        step = split_filter(self, self._without_group_before(step))
        arguments = self._read(step)
        if self.trace is None:
            return self.apply(step, arguments)
        if step.function.side_effect and self.trace.dry:  # an explanation writes nothing
            return arguments.get("tables", [])
        began = time.perf_counter()
        tables = self.apply(step, arguments)
        self.trace.frames(step, tables, time.perf_counter() - began)
        return tables

    def _reads_what_is_kept(self, step: Step) -> bool:
        """Whether the points that a step reads are few, and read by others too.

        They are read once then, and kept: frames make less of a few rows than a statement for each result costs.
        """
        source = step.parent()
        if source is None or id(source) not in self.shared or id(source) in self._large:
            return False
        scan = self.planner.scan_of(source)
        if scan is None or not scan.raw:
            return False
        if id(source) not in self.memo:
            try:
                self._keep(source, self._scan(source, replace(scan, few=True)))
            except ManyError:
                self._large.add(id(source))
                return False
        return sum(block.rows.height for block in self.memo[id(source)][1]) <= FEW

    def _without_group_before(self, step: Step) -> Step:
        """Of groups that follow one another the last counts, as in InfluxDB: those before it are not made."""
        parent = step.parent()
        while step.name == "group" and parent is not None and parent.name == "group":
            if {step.package, parent.package} != {"universe"} or id(parent) in self.shared:
                break
            given = {**step.arguments, "tables": parent.arguments["tables"]}
            step = Step(step.function, given, step.location, step.called)
            parent = step.parent()
        return step

    def _scan(self, step: Step, scan: Scan) -> Tables:
        if self.trace is None:
            tables = scan.read(self)
        else:
            with self.trace.scan(step, scan) as made:
                made.append(scan.read(self))
            tables = made[0]
        below = self._storage_for(step)
        if step.name == "aggregateWindow":
            return self._windows(step, tables, below)
        if step.name not in PUSHED:
            return tables
        if below is None:
            return key_order(tables)
        return by_storage(below.in_storage_order(tables))

    def apply(self, step: Step, arguments: dict[str, Any]) -> Tables:
        """What a step's function makes of arguments whose tables were read; errors say where the call stands."""
        self.check()
        before, self.current = self.current, step
        try:
            tables = self._made(step, arguments)
            if step.package == "universe":
                check_twins(step.name, arguments)
            if isinstance(arguments.get("tables"), Collided):
                tables = still_apart(tables)
        except FluxError as problem:
            left = left_by(step, problem)
            told = left is not None or problem.placed or step.location is None or step.name in QUIET
            if not told:
                problem.message = place_of_error(self, step) + problem.message
                problem.placed = True
            if left is None:
                raise
            tables: Tables = left
        finally:
            self.current = before
        if step.package == "universe" and step.name not in PIECES_KEPT:
            tables = one_piece(tables)
        self.check_rows(sum(block.rows.height for block in tables))
        below = self._storage_for(step)
        if step.name == "aggregateWindow":
            return self._windows(step, tables, below)
        return tables if below is None else by_storage(below.in_storage_order(tables))

    def _made(self, step: Step, arguments: dict[str, Any]) -> Tables:
        """What a step's function makes of its tables, of which some may lack columns of their keys."""
        names = names_lacking(arguments)
        if not names:
            return list(step.function.apply(self, arguments))
        if shows_the_key(step) or (step.name == "aggregateWindow" and self.is_one_step(step)):
            return shown(list(step.function.apply(self, arguments)))
        if step.name in ASK_FOR_COLUMNS:
            return list(step.function.apply(self, stripped(arguments)))
        return hidden(step.function.apply(self, arguments), names)

    def current_is_of_storage(self) -> bool:
        """Whether InfluxDB's storage would do the step that is being run."""
        return self.storage_of_current() is not None

    def storage_of_current(self) -> Scan | None:
        """The read behind which InfluxDB's storage would do the step that is being run, None where it would not."""
        return self._storage_for(self.current) if self.current is not None else None

    def reads_storage(self, step: Step) -> bool:
        """Whether a step is one that InfluxDB's storage would do, so that its tables come in the order of a read."""
        whole = step.name != "aggregateWindow" or _in_time(step.arguments)
        return whole and self._storage_for(step) is not None

    def _storage_for(self, step: Step) -> Scan | None:
        """The read behind which InfluxDB's storage would do a step, None where it would not."""
        if step.package != "universe" or step.name not in PUSHED_STEPS:
            return None
        parent = step.parent()
        windowed = step.name == "aggregateWindow" and self._plain_window(step)
        if step.name == "aggregateWindow":
            if plain_name(self, step.arguments["fn"]) not in PUSHED:
                return None
        elif parent is not None and parent.name == "window" and self._plain_window(parent):
            parent, windowed = parent.parent(), True
        below = self.planner.scan_of(parent) if parent is not None else None
        if below is None or not below.like_storage or below.after or below.shape is not None:
            return None
        if windowed:
            return below if below.group is None else None
        return below if step.name in (PUSHED if below.group is None else PUSHED_IN_GROUPS) else None

    def _plain_window(self, step: Step) -> bool:
        """Whether windows are of UTC, not moved back, neither overlap nor leave gaps, and stand in usual columns."""
        given = step.arguments
        return (
            given.get("period", ZERO) in (ZERO, given.get("every"))
            and not given.get("offset", ZERO).negative
            and self.location(given.get("location")) == UTC_LOCATION
            and not any(given.get(name, usual) != usual for name, usual in WINDOW_COLUMNS.items())
        )

    def _windows(self, step: Step, tables: Tables, below: Scan | None) -> Tables:
        """The answers of an aggregateWindow, their columns in InfluxDB's order."""
        if below is not None:
            return by_storage(tables)
        return by_windows(tables) if self.is_one_step(step) else tables

    def current_is_one_step(self) -> bool:
        """Whether the step that is being run is an aggregateWindow that is one step in InfluxDB."""
        return self.current is not None and self.is_one_step(self.current)

    def is_one_step(self, step: Step) -> bool:
        """Whether an aggregateWindow is one step in InfluxDB, as it is of count, mean and sum; else it is several."""
        given = step.arguments
        return _in_time(given) and given["every"] != INFINITE and plain_name(self, given["fn"]) in FOLDED

    def held(self, tables: Tables, *, found: bool = False) -> Stream:
        """Tables that were made already as a stream, for Flux functions that take one; its range is the current one.

        What was `found` is a value and no result where nothing reads it.
        """
        step = Step(_FOUND if found else _HELD, {}, None)
        self.memo[id(step)] = (step, tables)
        self.planner.remember_bounds(step, self.current_bounds())
        return Stream(step)

    def current_bounds(self) -> tuple[int, int] | None:
        """The range of the step that is being run."""
        return self.planner.bounds(self.current) if self.current is not None else None

    def current_collation(self) -> tuple[str, ...] | None:
        """The columns by which the tables that the current step reads are known to be sorted."""
        parent = self.current.parent() if self.current is not None else None
        return self.planner.collation(parent) if parent is not None else None

    def _read(self, step: Step) -> dict[str, Any]:
        """The arguments of a step, their tables read."""
        given: dict[str, Any] = {}
        for name, value in step.arguments.items():
            given[name] = self._read_inside(value)
            problem = None if passes_on(step) else problem_in(given[name])
            if problem is not None:
                raise found_by(self, step, problem)
        return given

    def _read_inside(self, value: Any) -> Any:
        if isinstance(value, Stream):
            return self.step_tables(value.step)
        if isinstance(value, Record):
            return Record((k, self._read_inside(v)) for k, v in value.items())
        if isinstance(value, list):
            return [self._read_inside(v) for v in value]
        return value

    def mark_shared(self, roots: list[Step]) -> None:
        """Note the steps that several others read, so that their tables are kept, and plan anew."""
        self.planner.forget()
        seen: set[int] = set()
        open_steps = list(roots)
        for root in roots:
            if sum(r is root for r in roots) > 1:
                self.shared.add(id(root))
        while open_steps:
            step = open_steps.pop()
            if id(step) in seen:
                self.shared.add(id(step))
                continue
            seen.add(id(step))
            open_steps += step.parents()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """While it lasts, the database is stopped when the client leaves or the time is over."""
        with WATCH.over(self._must_stop, self.snapshot.interrupt):
            yield

    def _must_stop(self) -> bool:
        left = self.cancelled is not None and self.cancelled.is_set()
        return left or time.monotonic() > self.deadline

    # bounds

    def bounds(self, step: Step) -> tuple[int, int] | None:
        """The time range of a step's tables as `range` set it, None where none is known."""
        return self.planner.bounds(step)


PUSHED_STEPS = PUSHED | {"aggregateWindow"}


def _in_time(given: dict[str, Any]) -> bool:
    """Whether the rows of an aggregateWindow with these arguments have the bounds of their windows for `_time`."""
    return given.get("timeDst", "_time") == "_time" and given.get("timeSrc", "_stop") in ("_start", "_stop")


WINDOW_COLUMNS = {"timeColumn": "_time", "startColumn": "_start", "stopColumn": "_stop", "column": "_value"}


_HELD = Native(list, "held", "() => stream[A]", "transformation")
"""Stands for tables that are there already."""
_FOUND = Native(list, FOUND, "() => stream[A]", "transformation")

QUIET = frozenset({"from"})
"""Steps whose errors InfluxDB gives without a place."""


MONTH_NS = 2_629_800_000_000_000
"""What a month counts for in a range: a twelfth of 365.25 days."""


def _bound(given: Any, now: int) -> int:
    """A bound of a range, which may lie beyond 64 bits. Where it is a duration from now its months are not the
    calendar's, and it goes no further than 64 bits."""
    if isinstance(given, Duration):
        length = given.months * MONTH_NS + given.ns
        return now + max(MIN_TIME, min(MAX_TIME, length))
    return as_time(given, now)


def run_time_range(run: Run, start: Any, stop: Any) -> tuple[int, int]:
    """The range of a call of `range`: nanoseconds, start inclusive, stop exclusive; FluxError where it is empty."""
    now = run.now()
    first = _bound(start, now)
    last = now if stop is None else _bound(stop, now)
    if first == last or first > last:
        what = "error in building plan while starting program: cannot query an empty range"
        raise FluxError("invalid", what, placed=True)
    return wrap_int(first), wrap_int(last)
