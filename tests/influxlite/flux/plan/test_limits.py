"""A query that takes too long, too many rows or bytes, or whose client leaves ends with an error that says so."""

import threading
import time

import pytest

from influxlite import flux
from influxlite.flux import FluxError, Limits
from influxlite.flux.errors import CancelledError
from influxlite.flux.execute.run import Run
from influxlite.flux.plan.scan import select
from tests.influxlite.conftest import Box
from tests.influxlite.flux.plan.test_pushdown import HOUR, START

READ = 'from(bucket: "telemetry") |> range(start: 2026-01-10T00:00:00Z, stop: 2026-01-12T00:00:00Z)'
ENDLESS = "SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b"


@pytest.fixture
def filled(box: Box) -> Box:
    """A storage with 5,000 points."""
    box.write("".join(f"cpap,room={i % 5} x={i} {START + i * HOUR // 200}\n" for i in range(5000)))
    return box


def run(box: Box, script: str, limits: Limits | None = None, cancelled: threading.Event | None = None) -> int:
    """Read all of a script's results; the number of rows."""
    results = flux.query(script, storage=box.storage, org_id=box.org.id, limits=limits, cancelled=cancelled)
    return sum(block.rows.height for result in results for block in result.tables)


def test_rows(filled: Box) -> None:
    """More rows than a step may make end a query, whether read or made; what the database sums up does not count."""
    assert run(filled, READ, Limits(rows=5000)) == 5000
    with pytest.raises(FluxError, match="more than 4999 rows"):
        run(filled, READ, Limits(rows=4999))
    assert run(filled, f"{READ} |> mean()", Limits(rows=5)) == 5
    with pytest.raises(FluxError, match="more than 6000 rows"):
        run(filled, f"{READ} |> window(every: 1h, period: 2h)", Limits(rows=6000))


def test_memory(filled: Box) -> None:
    """The bytes of what is read, and of what is kept for several readers, are bounded."""
    enough = 5000 * 24
    with pytest.raises(FluxError, match=r"more than 0\.05 MB"):
        run(filled, READ, Limits(memory_bytes=50_000))
    assert run(filled, READ, Limits(memory_bytes=enough)) == 5000
    kept = (
        f'data = {READ}\ndata |> yield(name: "a")\ndata |> map(fn: (r) => ({{r with y: r._value}})) |> yield(name: "b")'
    )
    with pytest.raises(FluxError, match=r"more than 0\.12 MB"):
        run(filled, kept, Limits(memory_bytes=enough))


def test_time_in_the_database(filled: Box) -> None:
    """A statement is stopped when the query's time is over."""
    began = time.monotonic()
    state = Run(filled.storage, filled.org.id, "ward", 0, limits=Limits(time_s=0.3))
    with pytest.raises(CancelledError, match=r"longer than 0\.3 seconds"):
        select(state, ENDLESS)
    state.close()
    assert time.monotonic() - began < 30


def test_leaving_the_database(filled: Box) -> None:
    """A statement is stopped when the client leaves, and other queries go on."""
    left = threading.Event()
    state = Run(filled.storage, filled.org.id, "ward", 0, cancelled=left)
    timer = threading.Timer(0.3, left.set)
    timer.start()
    with pytest.raises(CancelledError, match="the client has left"):
        select(state, ENDLESS)
    state.close()
    timer.join()
    assert run(filled, READ) == 5000


def test_leaving_frames(filled: Box) -> None:
    """A function that runs row by row is stopped when the client leaves."""
    left = threading.Event()
    timer = threading.Timer(0.3, left.set)
    timer.start()
    slow = f"{READ} |> reduce(identity: {{n: 0}}, fn: (r, accumulator) => ({{n: accumulator.n + 1}}))"
    many = "\n".join(f'{slow} |> yield(name: "{i}")' for i in range(200))
    with pytest.raises(CancelledError, match="the client has left"):
        run(filled, many, cancelled=left)
    timer.join()
