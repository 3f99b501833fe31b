"""EDF+ as another reader sees it: the minutes, the sentinel, the gaps, and the ward's clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pyedflib
import pytest

from query.files.edf import SENTINEL, SIGNALS, edf_bytes
from query.files.errors import ExportProblem
from query.night.readings import SCHEMA, as_readings

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 10, 24, 22, 0, 30, tzinfo=UTC)  # clocks go back at 01:00 UTC


def evening() -> pl.DataFrame:
    """Three hours and a half with a gap of an hour, two readings in the first minute, a measurement missing."""
    rows = []
    for minute in range(210):
        if 60 <= minute < 120:
            continue
        fields = {
            "cpap_pressure": 8.01 + minute / 100,
            "breath_rate": None if minute == 5 else 14.5,
            "apnea_count": minute % 4,
            "leak_rate": 12.34,
            "spo2": 96.0,
            "mask_on": minute != 7,
        }
        rows.append({"time": BEGIN + timedelta(minutes=minute), "room": "101", "mrn": "5001", **fields})
    rows.append({**rows[0], "time": BEGIN + timedelta(seconds=20), "cpap_pressure": 9.01, "apnea_count": 2})
    return as_readings(pl.DataFrame(rows, schema=SCHEMA))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """That evening as a file, from frames whose seam falls into a minute."""
    frame = evening()
    path = tmp_path / "5001.edf"
    stop = BEGIN + timedelta(minutes=209, milliseconds=1)
    path.write_bytes(edf_bytes([frame[:1], frame[1:]], BEGIN, stop, "5001", BERLIN))
    return path


def test_another_reader_finds_the_minutes(file: Path) -> None:
    """pyedflib reads a record of 60 s a minute: means of readings, sums of apneas, -1 where nothing is known."""
    with pyedflib.EdfReader(str(file)) as reader:
        assert reader.filetype == pyedflib.FILETYPE_EDFPLUS
        assert reader.datarecord_duration == 60
        assert reader.getSignalLabels() == [signal.label for signal in SIGNALS]
        pressure, rate, apneas, leak, spo2, mask = (reader.readSignal(index) for index in range(6))
    assert len(pressure) == 210
    assert pressure[0] == pytest.approx(8.51, abs=0.005)
    assert pressure[1] == pytest.approx(8.02, abs=0.005)
    assert (rate[4], rate[5], apneas[0], apneas[3], mask[7], mask[8]) == (14.5, SENTINEL, 2, 3, 0, 1)
    assert leak[0] == pytest.approx(12.34, abs=0.005)
    for signal in (pressure, rate, apneas, leak, spo2, mask):
        assert set(signal[60:120]) == {SENTINEL}
        assert SENTINEL not in set(signal[120:])


def test_gaps_and_the_clock_are_annotated(file: Path) -> None:
    """The file begins on the ward's wall clock with its offset told, marks the gap, and the change of the clock."""
    with pyedflib.EdfReader(str(file)) as reader:
        assert reader.getStartdatetime().isoformat() == "2026-10-25T00:00:00"
        onsets, durations, texts = reader.readAnnotations()
        told = dict(zip(texts, zip(onsets, durations, strict=True), strict=True))
        assert (reader.getPatientCode(), reader.getPatientName()) == ("5001", "X")
    assert told["No readings"] == (3600, 3600)
    assert told["Local start 2026-10-25T00:00:00+02:00 (Europe/Berlin)"][0] == 0
    assert told["Wall clock changed, now 2026-10-25T02:00:00+01:00"][0] == 3 * 3600


def test_more_than_a_year_is_refused() -> None:
    """Memory is bounded: a longer range says how to ask for less."""
    with pytest.raises(ExportProblem, match="--from"):
        edf_bytes([], BEGIN, BEGIN + timedelta(days=367), "5001", BERLIN)
