"""Files one by one: pieces of a long range, pseudonyms, what is said of files that cannot be read, wall clocks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedside.commands.import_ import judge
from query.files.errors import ExportProblem, SourceProblem
from query.files.imports import batches, dry_run
from query.files.local_times import NoSuchTime, WallClock
from query.files.pseudonyms import Pseudonyms
from query.files.sources import Reader, Row
from query.files.tables import readings_table, whole_file
from query.files.windows import pieces
from query.night.readings import UTC_MS, as_readings

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def at(offsets_s: list[int]) -> pl.DataFrame:
    """Readings so many seconds after the begin."""
    times = pl.Series("time", [BEGIN + timedelta(seconds=s) for s in sorted(offsets_s)], UTC_MS)
    return as_readings(pl.DataFrame({"time": times, "room": ["1"] * len(times), "mrn": ["2"] * len(times)}))


@settings(deadline=None)
@given(st.lists(st.integers(0, 10_000_000), max_size=300), st.integers(1, 50))
def test_pieces_are_the_whole_in_order(offsets_s: list[int], aim: int) -> None:
    """However dense or sparse, each reading of the range comes exactly once, in order; empty pieces are left out."""
    stored = at(offsets_s)
    asked: list[int] = []

    def ask(start: datetime, stop: datetime) -> pl.DataFrame:
        asked.append(1)
        return stored.filter(pl.col("time") >= start, pl.col("time") < stop)

    found = list(pieces(ask, BEGIN, BEGIN + timedelta(seconds=10_000_001), aim))
    assert pl.concat([stored.clear(), *found]).equals(stored)
    assert all(len(piece) for piece in found)


def test_a_steady_ward_comes_in_pieces_of_the_size_aimed_at() -> None:
    """A reading a second for a day: after the first piece none is larger than twice the aim, whatever the range."""
    stored = at(list(range(86_400)))
    sizes = [
        len(piece)
        for piece in pieces(
            lambda start, stop: stored.filter(pl.col("time") >= start, pl.col("time") < stop),
            BEGIN,
            BEGIN + timedelta(days=400),
            1_000,
        )
    ]
    assert sum(sizes) == 86_400
    assert max(sizes[1:]) <= 2_000


def test_a_stranger_stays_the_same_stranger() -> None:
    """One key gives one pseudonym a patient, another key another; rooms and images are gone unless rooms are kept."""
    frame = at([0, 1]).with_columns(mrn=pl.Series(["5001", "0042"]), flow_image=pl.lit("ab"))
    first, second = Pseudonyms(b"k" * 16), Pseudonyms(b"l" * 16, keep_rooms=True)
    assert first.apply(frame).equals(Pseudonyms(b"k" * 16).apply(frame))
    assert first.apply(frame)["mrn"].n_unique() == 2
    assert not set(first.apply(frame)["mrn"]) & {"5001", "0042", *second.apply(frame)["mrn"]}
    assert first.apply(frame)["room"].to_list() == [None, None]
    assert second.apply(frame)["room"].to_list() == ["1", "1"]
    assert second.apply(frame)["flow_image"].to_list() == [None, None]
    with pytest.raises(ExportProblem, match="16 bytes"):
        Pseudonyms(b"short")


floats = st.none() | st.floats(-1e300, 1e300)


@settings(deadline=None)
@given(st.lists(st.tuples(floats, st.none() | st.integers(0, 1000), st.none() | st.booleans()), min_size=1))
def test_csv_and_parquet_hold_each_value_exactly(tmp_path_factory, rows) -> None:
    """Whatever the numbers, a file read back has them to the last bit, and nothing where nothing was measured."""
    frame = at(list(range(len(rows)))).with_columns(
        spo2=pl.Series([row[0] for row in rows], dtype=pl.Float64),
        apnea_count=pl.Series([row[1] for row in rows], dtype=pl.Int64),
        mask_on=pl.Series([row[2] for row in rows], dtype=pl.Boolean),
    )
    expected = [{name: value for name, value in row.items() if value is not None} for row in frame.to_dicts()]
    folder = tmp_path_factory.mktemp("tables")
    for form in ("csv", "parquet"):
        file = folder / f"readings.{form}"
        with whole_file(file) as out:
            readings_table(out, [frame], form)
        found = []
        for row in Reader().rows(file):
            assert row.reading is not None
            found.append({**row.reading, "time": datetime.fromisoformat(row.reading["time"].replace("Z", "+00:00"))})
        assert found == expected


BAD_FILES: dict[str, tuple[str, bytes, str]] = {
    "no head": ("x.csv", b"", "is empty"),
    "no time": ("x.csv", b"room,mrn\n1,2\n", "no column 'time'"),
    "unknown column": ("x.csv", b"time,room,mrn,pulse\n,,,\n", "--column pulse=FIELD"),
    "twice": ("x.csv", b"time,room,mrn,mrn\n,,,\n", "two columns have one name"),
    "ragged": ("x.csv", b"time,room,mrn\n1,2\n", "line 2: 2 cells where the head has 3"),
    "quotes": ("x.csv", b'time,room,mrn\n"1"2,3,4\n', "after"),
    "not text": ("x.csv", b"time,room,mrn\n\xff,1,2\n", "not UTF-8"),
    "no parquet": ("x.parquet", b"PAR1 not really", "no Parquet file"),
    "another ending": ("x.xlsx", b"", ".csv and .parquet"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, case: str) -> None:
    """Nothing of it is sent, and the message names the file, the place and what to do."""
    name, content, told = BAD_FILES[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceProblem, match=name) as refused:
        list(Reader().rows(tmp_path / name))
    assert told in str(refused.value)


def test_a_dry_run_says_what_would_be_refused_and_why(tmp_path: Path) -> None:
    """By the API's own rules, row by row, with nothing sent."""
    file = tmp_path / "readings.csv"
    file.write_text(
        "time,room,mrn,spo2,mask_on\n"
        "2026-01-10T22:00:00Z,101,5001,95,true\n"
        "2026-01-10T22:01:00Z,101,5001,101,\n"
        "2026-01-10T22:02:00Z,101,5001,ninety,\n"
        "2026-01-10T22:03:00,101,5001,95,\n"
        "2026-01-10T22:04:00Z,101,50 01,95,\n"
        "2026-01-10T22:05:00Z,101,5001,,\n"
        "2226-01-10T22:06:00Z,101,5001,95,\n"
    )
    told = dry_run(Reader().rows(file), judge)
    assert (told.rows, told.accepted, told.refusals) == (7, 1, 6)
    reasons = {place: reason for reason, places in told.examples.items() for place in places}
    assert reasons["line 3"].startswith("spo2 ")
    assert reasons["line 4"].startswith("spo2 ")
    assert "--timezone" in reasons["line 5"]
    assert reasons["line 6"].startswith("mrn ")
    assert reasons["line 8"] == "time is more than 5 minutes ahead"


def test_an_image_that_no_post_can_hold_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """It spoils neither its own reading nor the import; batches stay below the size that the API takes."""
    monkeypatch.setattr("query.files.imports.LARGEST_IMAGE", 1000)
    monkeypatch.setattr("query.files.imports.BATCH_BYTES", 3000)
    rows = [Row(f"row {i}", {"flow_image": "x" * (900 + i)}) for i in range(0, 300, 50)]
    found = list(batches(rows))
    assert [len(batch) for batch in found] == [2, 4]
    assert [row.place for row in rows if row.faults] == ["row 150", "row 200", "row 250"]
    assert "flow_image" not in (rows[-1].reading or {})


def test_a_wall_clock_is_read_as_it_was_written() -> None:
    """In the hour that comes twice, a series goes on; in the hour that never was, there is no such time."""
    clock = WallClock(BERLIN)
    texts = ["2026-10-25 01:59", "2026-10-25 02:30", "2026-10-25 02:50", "2026-10-25 02:10", "2026-10-25 03:00"]
    hours = [clock.read(text).strftime("%H:%M") for text in texts]
    assert hours == ["23:59", "00:30", "00:50", "01:10", "02:00"]
    assert clock.ambiguous == 3
    with pytest.raises(NoSuchTime, match="never shown"):
        clock.read("2026-03-29 02:30")
    with pytest.raises(NoSuchTime, match="--timezone"):
        WallClock(None).read("2026-03-29 02:30")
    assert WallClock(None).read("2026-03-29T02:30:00+02:00") == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """A fault while it is written leaves the file that was there before, and nothing beside it."""
    file = tmp_path / "readings.csv"
    file.write_text("before")

    def write() -> None:
        with whole_file(file) as out:
            out.write(b"half")
            raise ExportProblem("broken")

    with pytest.raises(ExportProblem):
        write()
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]
