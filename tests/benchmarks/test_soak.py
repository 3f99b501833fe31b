"""What the soak finds when something is wrong: a check that cannot fail would prove nothing."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from benchmarks import soak_verify
from benchmarks.soak_verify import Ledger, Verdict

monitors = soak_verify.monitors
WARD = monitors.Ward(begin_ms=1_768_003_200_000, rooms=3, step_ms=100)
BATCHES = 4
NUMBERS = np.arange(BATCHES * monitors.BATCH)


def ledger(*unanswered: tuple[int, int]) -> Ledger:
    """All batches were answered but those (room, batch)."""
    rows = [
        (room, batch, 0.0, 0.0, monitors.UNANSWERED if (room, batch) in unanswered else monitors.NEW, 1)
        for room in range(WARD.rooms)
        for batch in range(BATCHES)
    ]
    return Ledger.of(np.array(rows, monitors.RECORD), WARD)


def points() -> dict[str, pl.DataFrame]:
    """What the database holds when all is well."""
    room, number = (part.ravel() for part in np.meshgrid(np.arange(WARD.rooms), NUMBERS, indexing="ij"))
    columns = {
        "time": WARD.moment_ms(number),
        "room": monitors.FIRST_ROOM + room,
        "mrn": WARD.mrn(room, number),
    }
    at = monitors.place(room, number)
    return {
        name: pl.DataFrame(columns | {"value": values[at].astype(float)}) for name, values in monitors.VALUES.items()
    }


def judged(found: dict[str, pl.DataFrame], told: Ledger) -> Verdict:
    """What the comparison finds."""
    verdict = Verdict()
    soak_verify.compare(WARD, told, NUMBERS, found, verdict)
    return verdict


def test_what_was_acknowledged_is_what_is_there() -> None:
    """Nothing is wrong with a database that holds each reading once, whatever came of a batch without an answer."""
    for told in (ledger(), ledger((1, 2))):
        verdict = judged(points(), told)
        assert verdict.ok, verdict.examples
        assert verdict.points == WARD.rooms * len(NUMBERS) * len(monitors.VALUES)
    missing = {name: frame.filter(pl.col("room") != 102) for name, frame in points().items()}
    assert judged(missing, ledger(*((1, batch) for batch in range(BATCHES)))).ok


def test_a_body_says_what_is_compared() -> None:
    """The array that is posted holds the very readings that the database is held against."""
    found = pl.read_json(WARD.body(2, 1))
    numbers = NUMBERS[monitors.BATCH : 2 * monitors.BATCH]
    assert found["room"].to_list() == [103] * monitors.BATCH
    assert found["mrn"].to_list() == WARD.mrn(np.full(monitors.BATCH, 2), numbers).tolist()
    assert [soak_verify.ms_of(text) for text in found["time"]] == WARD.moment_ms(numbers).tolist()
    for name, values in monitors.VALUES.items():
        assert found[name].to_list() == values[monitors.place(np.full(monitors.BATCH, 2), numbers)].tolist()


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("lost", lambda frame: frame[1:]),
        ("doubled", lambda frame: pl.concat([frame, frame[:1]])),
        ("misattributed", lambda frame: frame.with_columns(mrn=pl.col("mrn") + (pl.int_range(pl.len()) == 0))),
        ("altered", lambda frame: frame.with_columns(value=pl.col("value") + (pl.int_range(pl.len()) == 0))),
        ("unknown", lambda frame: pl.concat([frame, frame[:1].with_columns(time=pl.col("time") + 7)])),
    ],
)
def test_what_is_wrong_is_found(kind: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """One reading that is lost, doubled, under another patient, changed or never sent is found as just that."""
    verdict = judged({name: change(frame) for name, frame in points().items()}, ledger())
    assert verdict.wrong[kind] in (1, len(monitors.VALUES))
    assert not any(count for other, count in verdict.wrong.items() if other != kind), verdict.examples
    assert not verdict.ok


def test_a_stay_that_is_not_what_the_readings_say_is_found() -> None:
    """Stays are compared with their beginnings and ends to the millisecond, and in order."""
    begin = "2026-01-10T00:00:00Z"
    told = [{"mrn": str(monitors.FIRST_MRN), "from": begin, "to": None}]
    for change, wrong in (({}, 0), ({"from": "2026-01-10T00:00:00.1Z"}, 2), ({"to": begin}, 2), ({"mrn": "1"}, 2)):
        verdict = Verdict()
        soak_verify.compare_stays(WARD, ledger(), 0, [told[0] | change], verdict)
        assert verdict.wrong["wrong stays"] == wrong
