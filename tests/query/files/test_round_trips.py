"""What goes out comes back: a ward exported and imported into an empty one is the same ward, and twice is once."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from query.files.errors import DoorProblem
from query.files.front_door import FrontDoor
from query.files.imports import State, fingerprint, run
from query.files.sources import Reader
from query.files.stay_imports import run as run_stays
from query.files.stay_sources import read_stays
from query.files.tables import readings_table, stays_table, whole_file
from tests.query.files.houses import House


def exported(full: House, folder: Path, form: str) -> tuple[Path, Path, Path]:
    """The files of a ward: readings, stays, and the folder of its images."""
    readings, stays = folder / f"readings.{form}", folder / f"stays.{form}"
    with whole_file(readings) as out:
        readings_table(out, [full.readings()], form)
    with whole_file(stays) as out:
        stays_table(out, full.stays(), form)
    return readings, stays, full.images(folder / "images")


def bring_in(file: Path, house: House, images: Path | None = None) -> dict[str, object]:
    """Import readings to the end; the report."""
    state = State.load(file.with_suffix(".import"), fingerprint(file))
    return run(Reader(images=images).rows(file), house.door, state).document()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_ward_comes_back_equal(full: House, empty: House, tmp_path: Path, form: str) -> None:
    """Readings to the last bit of each float, images, stays with their ends: all equal, and twice changes nothing."""
    readings, stays, images = exported(full, tmp_path, form)
    filed = read_stays(stays, None)
    assert run_stays(filed, empty.door).refused.total() == 0
    told = bring_in(readings, empty, images)
    assert (told["accepted"], told["refused"], told["left_out"]) == (len(full.readings()), {}, {})
    assert_frame_equal(empty.readings(), full.readings())
    assert_frame_equal(empty.stays(), full.stays())

    again = bring_in(readings, empty, images)
    assert (again["accepted"], again["duplicate"]) == (0, told["accepted"])
    stays_again = run_stays(filed, empty.door)
    assert (stays_again.new, stays_again.known) == (0, len(filed))
    assert_frame_equal(empty.readings(), full.readings())
    assert_frame_equal(empty.stays(), full.stays())


def test_readings_alone_turn_rooms_over_as_they_did(full: House, empty: House, tmp_path: Path) -> None:
    """Without a file of stays the readings themselves make them, as they did the first time."""
    readings, _, images = exported(full, tmp_path, "csv")
    bring_in(readings, empty, images)
    assert_frame_equal(empty.stays(), full.stays().filter(pl.col("mrn") != "9"))


class Failing(FrontDoor):
    """A door that is shut after a number of batches."""

    def __init__(self, door: FrontDoor, batches: int) -> None:
        super().__init__(door.url, None)
        self._door, self._left = door, batches

    def readings(self, items, key):
        """Post through the door behind while it is open."""
        if not self._left:
            raise DoorProblem("shut")
        self._left -= 1
        return self._door.readings(items, key)


def test_an_import_goes_on_where_it_broke_off(
    full: House, empty: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken after two batches of forty, the next run sends the rest only, and the report tells of all."""
    monkeypatch.setattr("query.files.imports.BATCH_ROWS", 40)
    readings, _, images = exported(full, tmp_path, "csv")
    rows = Reader(images=images)
    state = State.load(tmp_path / "state", fingerprint(readings))
    with pytest.raises(DoorProblem):
        run(rows.rows(readings), Failing(empty.door, 2), state)
    assert len(empty.readings()) == 80

    going_on = State.load(tmp_path / "state", fingerprint(readings))
    assert going_on.report.rows == 80
    told = run(rows.rows(readings), empty.door, going_on)
    assert (told.accepted, told.duplicate, told.rows) == (len(full.readings()), 0, len(full.readings()))
    assert_frame_equal(empty.readings(), full.readings())
    assert not (tmp_path / "state").exists()


def test_a_batch_whose_answer_was_lost_is_answered_alike(full: House, empty: House, tmp_path: Path) -> None:
    """Killed between the API's answer and the note of it, an import sends that batch again and counts it once."""
    readings, _, images = exported(full, tmp_path, "csv")
    before = State.load(tmp_path / "state", fingerprint(readings))
    number = before.number
    run(Reader(images=images).rows(readings), empty.door, before)
    again = State(tmp_path / "state", fingerprint(readings), number)
    told = run(Reader(images=images).rows(readings), empty.door, again)
    assert (told.accepted, told.duplicate) == (len(full.readings()), 0)
    assert_frame_equal(empty.readings(), full.readings())


def test_a_file_that_changed_is_another_import(tmp_path: Path) -> None:
    """A note of how far it came counts for that content and those options alone."""
    file = tmp_path / "readings.csv"
    file.write_text("time,room,mrn\n")
    state = State.load(tmp_path / "state", fingerprint(file, "there"))
    state.report.rows = 7
    state.save()
    assert State.load(tmp_path / "state", fingerprint(file, "there")).report.rows == 7
    assert State.load(tmp_path / "state", fingerprint(file, "elsewhere")).report.rows == 0
    file.write_text("time,room,mrn,spo2\n")
    assert State.load(tmp_path / "state", fingerprint(file, "there")).report.rows == 0


def test_a_file_in_the_making_follows_no_link(tmp_path: Path) -> None:
    """Where somebody else may write into the folder, a link in the way leads what is exported nowhere else."""
    other = tmp_path / "other"
    other.write_text("untouched")
    file = tmp_path / "readings.csv"
    (tmp_path / ".readings.csv.new").symlink_to(other)
    with whole_file(file) as out:
        out.write(b"room")
    assert other.read_text() == "untouched"
    assert file.read_bytes() == b"room"
    assert not file.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600
