"""Writes that go into the tables together give what they would have given one after the other."""

import random
import shutil
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from influxlite import line_protocol
from influxlite.line_protocol.columns import FEWEST_LINES
from influxlite.storage import Storage, append
from influxlite.storage.setup import set_up
from tests.influxlite.conftest import Box

DAY_NS = 86_400_000_000_000
SHAPES = ("x={0}", "y={0},x={1}", "x={1},y={0},n={0}i", "n={1}i", 's="{0}"', "on={2}")
KINDS = {"x": float, "y": float, "n": int, "s": str, "on": lambda text: text == "true"}


def fields_of(text: str) -> dict[str, object]:
    """The fields of a line by name, as they are read back."""
    pairs = [pair.split("=") for pair in text.split(",")]
    return {name: KINDS[name](value.strip('"').removesuffix("i" if name == "n" else "")) for name, value in pairs}


WRITES = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 2, 3, FEWEST_LINES + 2]),  # lines; many go the fast way
        st.sampled_from(range(len(SHAPES))),
        st.booleans(),  # whether lines of a second shape are among them
        st.integers(0, 3),  # the patient
        st.integers(0, 40),  # the first time
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=30, deadline=None)
@given(writes=WRITES, few=st.integers(1, 100), seed=st.integers(0, 1000))
def test_together_is_one_after_the_other(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple], few: int, seed: int
) -> None:
    """Any mixture of small and large writes of any shapes, late ones among them: the last value of each instant stays.

    It holds read back at once, after a compaction, and by a start from the log alone; whether rows are stored in order
    from the start (many) or not (few).
    """
    folder = tmp_path_factory.mktemp("together")
    model: dict = {}
    value = seed
    was, append.RUN_ROWS = append.RUN_ROWS, few
    box = Box(folder / "data")
    try:
        for count, shape, mixed, mrn, first in writes:
            lines = []
            for i in range(count):
                value += 1
                text = SHAPES[(shape + (mixed and i % 3 == 0)) % len(SHAPES)]
                text = text.format(
                    value, value + 0.5 if "i" not in text[-2:] else value, "true" if value % 2 else "false"
                )
                text = text.replace(".5i", "i")
                time = (first + i * 7 % 60) * DAY_NS // 7
                lines.append(f"cpap,mrn={mrn} {text} {time}")
                for name, kept in fields_of(text).items():
                    model["cpap", (("mrn", str(mrn)),), name, time] = kept
            box.write("\n".join(lines))
        shutil.copytree(box.folder, folder / "crashed")
        assert box.read() == model
        box.storage.maintenance.compact(everything=True)
        assert box.read() == model
        check_newest(box, model)
    finally:
        box.storage.close()
        append.RUN_ROWS = was
    again = Box(folder / "crashed")
    assert again.read() == model
    check_newest(again, model)
    again.storage.close()
    shutil.rmtree(folder)


def check_newest(box: Box, model: dict) -> None:
    """The newest point of each series is known, with the value that it has."""
    newest: dict = {}
    for (measurement, tags, field, time), value in model.items():
        key = measurement, tags, field
        if key not in newest or time > newest[key][0]:
            newest[key] = time, value
    series = box.storage.series(box.bucket.id)
    found = box.storage.last_values([one.id for one in series])
    assert {(s.measurement, s.tags, s.field): found[s.id] for s in series} == newest


def test_a_large_group_is_in_order_from_the_start(box: Box) -> None:
    """Rows of a large group need no compaction; those of a series with late points among them do, and only they."""
    chance = random.Random(3)
    times = list(range(2_000))
    chance.shuffle(times)
    for start in range(0, 2_000, 250):
        box.write("\n".join(f"cpap,mrn={m} v={t} {t}" for t in times[start : start + 250] for m in range(60)))
    box.read(0, 1)
    with box.storage.snapshot() as view:
        assert view.execute("SELECT count(*) FROM p_float WHERE seq > 0").fetchall() == [(0,)]
        stored = view.execute("SELECT series, ms, ns FROM p_float").fetchall()
    assert stored == sorted(stored)
    late = "\n".join(f"cpap,mrn={m} v={t} {t + (0 if m == 7 else 5_000)}" for t in times for m in range(60))
    box.write(late)
    with box.storage.snapshot() as view:
        assert view.execute("SELECT count(*), count(DISTINCT series) FROM p_float WHERE seq > 0").fetchall() == [
            (2_000, 1)
        ]


def test_a_field_keeps_its_kind_while_it_is_pending(box: Box) -> None:
    """A kind that only a write in the log has used is kept to, also when the log was read by a new start."""
    box.write("cpap,mrn=1 v=1 1")
    with pytest.raises(Exception, match="is type integer, already exists as type float dropped=1"):
        box.write("cpap,mrn=1 v=1i 2")
    again = Path(shutil.copytree(box.folder, box.folder.parent / "crashed"))
    storage = Storage.open(again)
    _, bucket = set_up(storage, org="ward", bucket="telemetry", token="t")
    with pytest.raises(Exception, match="already exists as type float"):
        storage.write(bucket, line_protocol.parse(b"cpap,mrn=1 v=1i 2"))
    storage.close()


def test_a_write_of_a_dropped_bucket_is_gone(box: Box) -> None:
    """What was pending for a bucket goes with it."""
    box.write("cpap,mrn=1 v=1 1")
    box.storage.drop(box.bucket)
    box.reopen()
    assert box.storage.series(box.bucket.id) == []
