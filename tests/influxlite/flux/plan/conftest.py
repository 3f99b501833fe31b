"""Scripts run with pushdown on and off over the same storage, and their answers compared."""

import math
from collections.abc import Callable

import pytest

from influxlite import flux
from influxlite.flux import FluxError
from influxlite.flux.execute.block import BUFFER, TABLE
from influxlite.flux.plan import scan
from tests.influxlite.conftest import Box

Answer = list[tuple]


def ways(box: Box, script: str, **options) -> list[Answer | str]:
    """A script's answers by all ways: pushed down, with few points left to the database too, on frames."""
    pushed, plain = (answer(box, script, pushdown=pushdown, **options) for pushdown in (True, False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "DENSER", 0)
        grouped = answer(box, script, pushdown=True, **options)
    return [pushed, grouped, plain]


def answer(box: Box, script: str, *, pushdown: bool, **options) -> Answer | str:
    """All tables of all results in order, or what the script fails with."""
    found: Answer = []
    try:
        results = flux.query(
            script, storage=box.storage, org_id=box.org.id, org_name="ward", pushdown=pushdown, **options
        )
        for result in results:
            for block in result.tables:
                for piece in block.slice_tables():
                    key = {k: piece.keys[k][0] for k in block.key}
                    rows = piece.rows.select(sorted(c for c in piece.rows.columns if c not in (TABLE, BUFFER))).rows()
                    found.append((result.name, key, block.columns, rows))
    except FluxError as problem:
        return f"{problem.code}: {problem.message}"
    return found


def alike(one: object, other: object) -> bool:
    """Equality in which floats agree within 1e-9 relative, and NaN with NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(alike(a, b) for a, b in zip(one, other, strict=True))
    return one == other


def difference(pushed: Answer | str, plain: Answer | str) -> str | None:
    """The first difference of an answer with pushdown on and off in a few words, None where there is none."""
    if alike(pushed, plain):
        return None
    if isinstance(pushed, str) or isinstance(plain, str) or len(pushed) != len(plain):
        return f"pushed {str(pushed)[:300]}\nplain  {str(plain)[:300]}"
    one, other = next((a, b) for a, b in zip(pushed, plain, strict=True) if not alike(a, b))
    if one[:3] != other[:3] or len(one[3]) != len(other[3]):
        return f"pushed {one[:3]}, {len(one[3])} rows\nplain  {other[:3]}, {len(other[3])} rows"
    rows = next((a, b) for a, b in zip(one[3], other[3], strict=True) if not alike(a, b))
    return f"table {one[1]}\npushed {rows[0]}\nplain  {rows[1]}"


@pytest.fixture
def both(box: Box) -> Callable[[str], Answer | str]:
    """Run a script both ways, assert that the answers are the same, and hand one out."""

    def run(script: str) -> Answer | str:
        *pushed, plain = ways(box, script)
        for found in pushed:
            problem = difference(found, plain)
            assert problem is None, f"{script}\n{problem}"
        return pushed[0]

    return run
