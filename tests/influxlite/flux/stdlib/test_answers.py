"""Our answers against those that InfluxDB gave, for each package of the library."""

from __future__ import annotations

import pytest

from influxlite.flux import FluxError, query
from influxlite.flux.csv import encode
from tests.influxlite.flux.stdlib.recorded import ANSWERS, Case, Refused, answer_of, read, same

CASES = [
    pytest.param(case, id=f"{path.stem}:{case.question[:60]}")
    for path in sorted(ANSWERS.glob("*.txt"))
    for case in read(path)
    if isinstance(case, Case)
]


def _ask(script: str, *, vectorised: bool) -> str:
    try:
        return b"".join(
            encode(query(script, storage=None, org_id="0", org_name="ward", vectorised=vectorised))
        ).decode()
    except FluxError as problem:
        raise Refused(f"{problem.answer_code}: {problem.message}") from None


@pytest.mark.parametrize("vectorised", [True, False], ids=["columns", "rows"])
@pytest.mark.parametrize("case", CASES)
def test_the_answer_is_influxdb_s(case: Case, vectorised: bool) -> None:
    """Every expression and script of the files gives what InfluxDB gave, on whole columns and row by row.

    Where InfluxDB's function panics, ours must fail as an internal error, in words of its own.
    """
    answer = answer_of(case, lambda script: _ask(script, vectorised=vectorised))
    assert same(answer, case.answer) or (case.panics and answer.startswith("error: internal error:"))
