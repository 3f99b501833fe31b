"""FHIR as HL7's own schema of R4 takes it: every Observation and Encounter, whatever was measured."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import jsonschema_rs
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from query.files.exports import stays_frame
from query.files.fhir import CODES, encounter, observation, write_encounters, write_observations
from query.night.readings import SCHEMA, as_readings

R4 = jsonschema_rs.validator_for(json.loads((Path(__file__).parent / "fhir-r4.schema.json").read_text()))
AT = datetime(2026, 1, 10, 22, 0, 0, 123000, tzinfo=UTC)
readings = st.fixed_dictionaries(
    {
        "time": st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - in UTC
        "room": st.none() | st.from_regex(r"[A-Za-z0-9-]{1,32}", fullmatch=True),
        "mrn": st.from_regex(r"[A-Za-z0-9-]{1,32}", fullmatch=True),
        "cpap_pressure": st.none() | st.floats(0, 60),
        "breath_rate": st.none() | st.floats(0, 150),
        "apnea_count": st.none() | st.integers(0, 1000),
        "leak_rate": st.none() | st.floats(0, 300),
        "spo2": st.none() | st.floats(0, 100),
        "mask_on": st.none() | st.booleans(),
        "flow_image": st.none(),
    }
)


@settings(deadline=None)
@given(readings)
def test_every_reading_is_an_observation_of_r4(reading: dict) -> None:
    """It has a component for each measurement with its value, and is none where nothing was measured."""
    found = observation(reading)
    measured = {name: reading[name] for name in CODES if reading[name] is not None}
    if not measured:
        assert found is None
        return
    assert found is not None
    R4.validate(json.loads(json.dumps(found)))
    told = {part["code"]["coding"][0]["code"]: part for part in found["component"]}
    for name, value in measured.items():
        part = told.pop(CODES[name][1])
        assert (part["valueBoolean"] if name == "mask_on" else part["valueQuantity"]["value"]) == value
    assert not told


@settings(deadline=None)
@given(readings, st.none() | st.datetimes(datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - in UTC
def test_every_stay_is_an_encounter_of_r4(reading: dict, end: datetime | None) -> None:
    """It is in progress until it has an end, and names the room where that is told."""
    found = encounter({"room": reading["room"], "mrn": reading["mrn"], "from": reading["time"], "to": end})
    R4.validate(json.loads(json.dumps(found)))
    assert found["status"] == ("in-progress" if end is None else "finished")
    assert ("location" in found) == (reading["room"] is not None)


@settings(deadline=None)
@given(st.lists(readings, max_size=8))
def test_what_is_written_is_what_the_whole_model_took(rows: list[dict]) -> None:
    """A file's lines, put together of parts that were checked, are the Observations that are checked as a whole."""
    frame = as_readings(pl.DataFrame(rows, schema=SCHEMA))
    out = BytesIO()
    whole = [found for row in frame.iter_rows(named=True) if (found := observation(row)) is not None]
    assert write_observations([frame], out) == len(whole)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines == whole
    for line in lines:
        R4.validate(line)


def test_what_no_model_takes_is_not_written() -> None:
    """An MRN, or a number, that R4 has no form for ends the export, however much was written before."""
    good = {**dict.fromkeys(SCHEMA), "time": AT, "room": "1", "mrn": "2", "spo2": 95.0}
    for fault in ({"mrn": ""}, {"spo2": float("nan")}):
        frame = as_readings(pl.DataFrame([good, {**good, **fault}], schema=SCHEMA))
        with pytest.raises(ValueError, match=r"validation error|JSON compliant"):
            write_observations([frame], BytesIO())


def test_the_schema_refuses_what_is_not_r4() -> None:
    """The check can fail: an unknown element, or a missing status, is refused."""
    good = observation({**dict.fromkeys(SCHEMA), "time": AT, "room": "1", "mrn": "2", "spo2": 95.0})
    assert good is not None
    assert R4.is_valid(good)
    assert not R4.is_valid({**good, "pulse": 70})
    assert not R4.is_valid({name: value for name, value in good.items() if name != "code"})


def test_files_hold_a_resource_a_line() -> None:
    """NDJSON: each line parses by itself, and the same reading has the same id in every export."""
    row = {**dict.fromkeys(SCHEMA), "time": AT, "room": "101", "mrn": "5001", "spo2": 95.0}
    frame = as_readings(pl.DataFrame([row, {**row, "mrn": "7"}, {**row, "mrn": "8", "spo2": None}], schema=SCHEMA))
    first, second = BytesIO(), BytesIO()
    assert write_observations([frame], first) == write_observations([frame[:1], frame[1:]], second) == 2
    assert first.getvalue() == second.getvalue()
    lines = [json.loads(line) for line in first.getvalue().splitlines()]
    assert len({line["id"] for line in lines}) == 2
    assert lines[0]["effectiveDateTime"] == "2026-01-10T22:00:00.123Z"
    out = BytesIO()
    stay = {"room": "101", "mrn": "5001", "from": "2026-01-10T12:00:00Z", "to": None}
    assert write_encounters(stays_frame([stay]), out) == 1
    assert json.loads(out.getvalue())["period"] == {"start": "2026-01-10T12:00:00.000Z"}
