"""What `option profiler.enabledProfilers` asks for: how long a query and its steps took, as a result of tables."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.execute.block import make_block
from influxlite.flux.plan.results import in_order
from influxlite.flux.plan.trace import Trace
from influxlite.flux.vectors import DTYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from influxlite.flux.execute.block import Block, Tables
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.scan import Scan
    from influxlite.flux.plan.steps import Step

Roots = list[tuple[str, "Step"]]
RESULT = "_profiler"
PROFILERS = ("query", "operator")
SECOND_NS = 1_000_000_000


class Profile(Trace):
    """Times of one run, all in nanoseconds, and what its steps made: rows, and bytes of the frames that hold them."""

    dry = False

    def __init__(self, run: Run, roots: Roots, names: Sequence[str], compiling: int, planning: int) -> None:
        """The script took `compiling` to be found right and `planning` to become steps; now these are run."""
        super().__init__()
        self.run = run
        self.names = names
        self.compiling = compiling
        self.planning = planning
        self.began = time.perf_counter_ns()
        self.largest = 0
        self.bytes = 0
        self.read: tuple[int, int] | None = None
        """Rows that the storage gave, and the bytes of the tables that were made of them."""
        self.steps = in_order([step for _, step in roots])
        self.numbers = {id(step): number for number, step in enumerate(self.steps)}
        self.results = {id(step) for _, step in roots}
        self.durations: dict[tuple[str, str], list[int]] = {}

    def statement(self, sql: str, parameters: tuple[object, ...], rows: int, seconds: float) -> None:  # noqa: ARG002
        """Count the rows of a statement that DuckDB ran."""
        values, size = self.read or (0, 0)
        self.read = values + rows, size

    @contextmanager
    def scan(self, step: Step, scan: Scan) -> Iterator[list[Tables]]:  # noqa: ARG002 - as a trace's
        """Take the time of a read."""
        began = time.perf_counter()
        made: list[Tables] = []
        yield made
        self._took("influxlite.read", self._label(step), time.perf_counter() - began)
        values, size = self.read or (0, 0)
        self.read = values, size + self._made(made[0])

    def frames(self, step: Step, tables: Tables, seconds: float) -> None:
        """Note the time of a step that ran on frames."""
        self._made(tables)
        if step.name != "yield":
            self._took(f"{step.package.rsplit('/', 1)[-1]}.{step.name}".lstrip("."), self._label(step), seconds)

    def tables(self) -> Tables:
        """A table for each profiler that was asked for, of the columns that InfluxDB's have."""
        return [self._query() if name == "query" else self._operators() for name in self.names]

    def _took(self, kind: str, label: str, seconds: float) -> None:
        self.durations.setdefault((kind, label), []).append(round(seconds * SECOND_NS))

    def _made(self, tables: Tables) -> int:
        size = sum(int(block.rows.estimated_size()) for block in tables)
        self.largest = max(self.largest, size)
        self.bytes += size
        return size

    def _label(self, step: Step) -> str:
        """A step by its place in the script; one that the storage does with those before it."""
        own = f"{step.name}{self.numbers.get(id(step), '')}"
        before = step.parent()
        if before is None or self.run.planner.scan_of(step) is None:
            return own
        chain = [own]
        while before is not None:
            chain.append(f"{before.name}{self.numbers.get(id(before), '')}")
            before = before.parent()
        return "_".join(["merged", *reversed(chain)])

    def _query(self) -> Block:
        running = time.perf_counter_ns() - self.began
        cells: dict[str, int | str] = {
            "TotalDuration": self.compiling + self.planning + running,
            "CompileDuration": self.compiling,
            "QueueDuration": 0,
            "PlanDuration": self.planning,
            "RequeueDuration": 0,
            "ExecuteDuration": running,
            "Concurrency": 1,
            "MaxAllocated": self.largest,
            "TotalAllocated": self.bytes,
            "RuntimeErrors": "",
            "flux/query-plan": self._plan(),
        }
        if self.read is not None:
            cells["influxdb/scanned-bytes"] = self.read[1]
            cells["influxdb/scanned-values"] = self.read[0]
        return _table("profiler/query", {name: [cell] for name, cell in cells.items()}, {})

    def _plan(self) -> str:
        """The plan as a graph in the language of Graphviz, each step after those that it reads."""
        wanted, nodes, edges = set(self.results), [], []
        for step in reversed(self.steps):
            if id(step) not in wanted:
                continue
            label = self._label(step)
            parents = [] if self.run.planner.scan_of(step) is not None else step.parents()
            wanted.update(map(id, parents))
            nodes.append(f'  "{label}"')
            edges += [f'  "{self._label(parent)}" -> "{label}"' for parent in reversed(parents)]
        return "\n".join(["digraph {", *nodes[::-1], "", *edges[::-1], "}\n"])

    def _operators(self) -> Block:
        spans = list(self.durations.values())
        cells = {
            "Type": [kind for kind, _ in self.durations],
            "Label": [label for _, label in self.durations],
            "Count": [len(span) for span in spans],
            "MinDuration": [min(span) for span in spans],
            "MaxDuration": [max(span) for span in spans],
            "DurationSum": [sum(span) for span in spans],
            "MeanDuration": [sum(span) / len(span) for span in spans],
        }
        return _table("profiler/operator", cells, {"Type": "string", "Label": "string", "MeanDuration": "float"})


def _table(measurement: str, cells: dict[str, list], kinds: dict[str, str]) -> Block:
    """One table under its measurement; `kinds` are those of columns that are no integers, unless their cells tell."""
    columns = {"_measurement": "string"}
    for name, column in cells.items():
        columns[name] = kinds.get(name) or ("string" if column and isinstance(column[0], str) else "int")
    count = len(next(iter(cells.values())))
    data = {"_measurement": [measurement] * count, **cells}
    frame = pl.DataFrame(data, schema={name: DTYPES[kind] for name, kind in columns.items()})
    return make_block(columns, ("_measurement",), frame)


def profile(run: Run, roots: Roots, compiling: int, planning: int) -> Profile | None:
    """What is to measure a run whose script may have set the option: None where it asked for nothing.

    Names that are no profiler's are passed over, as are those that were there already.
    """
    package = run.library.loaded.get("profiler")
    asked = dict.fromkeys(package["enabledProfilers"]) if package is not None else ()
    names = [name for name in asked if name in PROFILERS]
    return Profile(run, roots, names, compiling, planning) if names else None
