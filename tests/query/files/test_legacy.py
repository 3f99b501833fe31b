"""The tutorial's database comes in: its arrays item by item, what does not fit reported, in the order of its clock."""

import json
import sqlite3
import tracemalloc
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from query.files.errors import SourceProblem
from query.files.imports import Report, State, fingerprint, run
from query.files.legacy import Legacy, open_legacy
from tests.query.files.houses import PNG, House

NEW_YORK = ZoneInfo("America/New_York")
COLUMNS = "patient_mrn, room_number, patient_name, CPAP_pressure, breath_rate, apnea_count, flow_image, timestamp"
EVENING = [f"2025-11-01 2{hour}:00:00" for hour in range(4)]
CHANGE = ["2025-11-02 01:30:00", "2025-11-02 01:50:00", "2025-11-02 01:10:00", "2025-11-02 02:00:00"]


def database(folder: Path, rows: list[tuple[Any, ...]], columns: str = COLUMNS) -> Path:
    """A database like the tutorial's: lists are stored as JSON in text."""
    file = folder / "patients.db"
    connection = sqlite3.connect(file)
    connection.execute(f"CREATE TABLE patients ({columns})")
    connection.execute("CREATE TABLE settings (name, value)")
    for row in rows:
        cells = [json.dumps(cell) if isinstance(cell, list) else cell for cell in row]
        connection.execute(f"INSERT INTO patients VALUES ({','.join('?' * len(cells))})", cells)
    connection.commit()
    connection.close()
    return file


def bring_in(found: Legacy, house: House) -> Report:
    """Import it whole."""
    state = State.load(found.path.with_suffix(".import"), fingerprint(found.path))
    return run(found.rows(), house.door, state)


def test_patients_come_in_with_their_rooms_and_history(empty: House, tmp_path: Path) -> None:
    """Two patients of one room become its two stays, each with its readings, its name in the identity only."""
    file = database(
        tmp_path,
        [
            (5001, 101, "Ada Park", [8.0, "9.5", 10, ""], [14, 15, 16, 17], [0, 1, 0, 2], ["", PNG, "", ""], EVENING),
            (42, 101, "", [7.0], [13], [0], [""], ["2025-11-02 12:30:00"]),
        ],
    )
    told = bring_in(open_legacy(file, NEW_YORK, {}), empty)
    assert (told.accepted, told.refusals, told.left_out) == (5, 0, {})
    frame = empty.readings()
    assert frame["cpap_pressure"].to_list() == [8.0, 9.5, 10.0, None, 7.0]
    assert frame["apnea_count"].to_list() == [0, 1, 0, 2, 0]
    assert frame["flow_image"].is_not_null().to_list() == [False, True, False, False, False]
    assert frame["time"].dt.strftime("%d %H:%M").to_list() == [
        "02 00:00",
        "02 01:00",
        "02 02:00",
        "02 03:00",
        "02 17:30",
    ]
    assert empty.stays().select("mrn", pl.col("to").is_null()).rows() == [("5001", False), ("42", True)]
    assert empty.api.get("/v1/patients/5001")["name"] == "Ada Park"
    again = bring_in(open_legacy(file, NEW_YORK, {}), empty)
    assert (again.accepted, again.duplicate) == (0, 5)
    assert empty.readings().equals(frame)


def test_what_does_not_fit_is_reported_and_never_guessed(empty: House, tmp_path: Path) -> None:
    """An array of another length is left out, an impossible time and a false image are told, the rest comes in."""
    file = database(
        tmp_path,
        [
            (1, 101, None, [8.0, 9.0, 10.0], [14, 15], [0, 99999, 0], ["not an image", "", ""], [*EVENING[:2], "soon"]),
            (2, 102, None, "[8.0", None, None, None, [EVENING[0]]),
            (3, 103, None, [8.0], None, None, None, []),
            (4, 104, "Cy Dahl", None, None, None, None, None),
        ],
    )
    found = open_legacy(file, NEW_YORK, {})
    told = bring_in(found, empty)
    assert found.silent == ["row 4"]
    assert found.uneven == ["row 1: breath_rate has 2 items, 3 timestamps"]
    assert (told.rows, told.accepted, told.refusals) == (5, 1, 4)
    places = {place: reason for reason, where in told.examples.items() for place in where}
    assert places["row 1, item 3"].startswith("time is no time")
    assert places["row 1, item 2"].startswith("apnea_count ")
    assert places["row 1, item 1"].startswith("flow_image left out")
    assert places["row 2"].startswith("an array cannot be read")
    assert places["row 3"] == "has measurements and no timestamps"
    assert empty.readings()["cpap_pressure"].to_list() == [8.0]


def test_the_hour_that_came_twice_is_told_by_the_order(tmp_path: Path) -> None:
    """Times of the night when clocks go back are put in the order in which they were written."""
    file = database(tmp_path, [(1, 101, None, [1, 2, 3, 4], None, None, None, CHANGE)])
    found = open_legacy(file, NEW_YORK, {})
    times = [row.reading["time"] for row in found.rows() if row.reading]
    assert [time[11:16] for time in times] == ["05:30", "05:50", "06:10", "07:00"]
    assert found.ambiguous == 3


def test_readings_of_one_second_are_all_kept(empty: House, tmp_path: Path) -> None:
    """The tutorial kept time to the second: what came twice in one stays two readings, and twice imported is once."""
    second = "2025-06-01 22:00:00"
    file = database(tmp_path, [(1, 101, None, [8, 9, 9, 10], None, None, None, [second] * 3 + ["2025-06-01 22:00:01"])])
    found = open_legacy(file, NEW_YORK, {})
    assert bring_in(found, empty).accepted == 4
    assert found.crowded == 2
    assert bring_in(open_legacy(file, NEW_YORK, {}), empty).duplicate == 4
    assert empty.readings()["time"].dt.strftime("%S.%3f").to_list() == ["00.000", "00.001", "00.002", "01.000"]


def test_other_columns_are_found_by_a_declared_mapping(tmp_path: Path) -> None:
    """A variant with names of its own comes in when they are told, and says what it lacks when they are not."""
    file = database(tmp_path, [(7, "12", ["12/31/2024 23:00:00"], [11.5])], "MRN, bed, taken, mmh2o")
    with pytest.raises(SourceProblem, match="--column NAME=FIELD"):
        open_legacy(file, NEW_YORK, {})
    found = open_legacy(file, NEW_YORK, {"bed": "room", "taken": "time", "mmh2o": "cpap_pressure"})
    assert [row.reading for row in found.rows()] == [
        {"room": "12", "mrn": 7, "time": "2025-01-01T04:00:00.000Z", "cpap_pressure": 11.5}
    ]


def test_a_row_a_reading_is_taken_too(tmp_path: Path) -> None:
    """A variant without arrays, one row a reading, is the same with arrays of one."""
    rows = [(7, 12, None, 11.5, 14, 0, None, EVENING[1]), (7, 12, None, 11.0, 14, 0, None, EVENING[0])]
    found = open_legacy(database(tmp_path, rows), NEW_YORK, {})
    assert [row.reading["cpap_pressure"] for row in found.rows() if row.reading] == [11.0, 11.5]


@pytest.mark.parametrize("content", [b"", b"no database at all, whatever its name says" * 30])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    """An empty file, or any other, is named with what is wrong with it."""
    (tmp_path / "patients.db").write_bytes(content)
    with pytest.raises(SourceProblem, match=r"patients\.db"):
        open_legacy(tmp_path / "patients.db", NEW_YORK, {})


def test_many_patients_take_no_more_memory_than_one(tmp_path: Path) -> None:
    """Sixty patients' readings with their images come in the order of time, in a fraction of their size."""
    begin = datetime(2025, 6, 1, 20)  # noqa: DTZ001 - the tutorial's clock
    image = "iVBORw0KGgo" + "A" * 2_000
    rows = []
    for patient in range(60):
        times = [str(begin + timedelta(minutes=minute, seconds=patient)) for minute in range(200)]
        rows.append((patient, 101, None, [8.0] * 200, None, None, [image] * 200, times))
    found = open_legacy(database(tmp_path, rows), NEW_YORK, {})
    tracemalloc.start()
    count, before = 0, ""
    for row in found.rows():
        assert row.reading is not None
        assert row.reading["time"] > before
        before, count = row.reading["time"], count + 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 12_000
    assert peak < 12_000 * len(image) / 4


def test_a_blob_is_refused_and_spoils_only_its_row(empty: House, tmp_path: Path) -> None:
    """An MRN that is no text is a refused reading; the others come in."""
    rows = [(mrn, 101, None, [8.0], None, None, None, EVENING[:1]) for mrn in (b"\x00\xff", "7")]
    file = database(tmp_path, rows)
    told = bring_in(open_legacy(file, NEW_YORK, {}), empty)
    assert (told.accepted, told.refusals) == (1, 1)
