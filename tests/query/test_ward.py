"""Every question has a method, and what comes back is what its header declares, on every InfluxDB."""

import inspect
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from query import (
    AccessDenied,
    Address,
    AnswerError,
    Connection,
    ConnectionFault,
    FluxError,
    ParameterError,
    Ward,
    question,
    questions,
)
from tests.influx_servers import Influx
from tests.query.conftest import EVENING, TIMES

METHODS = sorted(name for name in questions() if hasattr(Ward, name))
VALUES: dict[str, Any] = {
    "mrn": "5001",
    "room": "101",
    "rooms": ["101", "102", "999"],
    "stays_start": "2026-01-01",
    "start": TIMES["start"],
    "stop": "2026-03-30 02:30",  # while 5002 sleeps: there is something to say about the hour before
}


def given(name: str) -> dict[str, Any]:
    """Values for the parameters that a question has, so that it has something to say."""
    names = {parameter.name for parameter in question(name).parameters}
    return {key: value for key, value in VALUES.items() if key in names}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_takes_what_its_question_takes(name: str) -> None:
    """Its parameters are the question's but for the ward's own, and a night may stand for start and stop."""
    asked = {parameter.name for parameter in question(name).parameters} - {"bucket", "timezone"}
    taken = set(inspect.signature(getattr(Ward, name)).parameters) - {"self", "night"}
    assert taken == asked


@pytest.mark.parametrize("name", METHODS)
def test_an_answer_has_the_columns_that_the_header_declares(ward: Ward, name: str) -> None:
    """Nothing is missing and nothing else comes, in Flux and in the frame, and there is something in it."""
    asked = question(name)
    tables = ward.tables(ward.bind(name, **given(name)))
    columns = {column for part in tables for column in part.frame.columns} - {"table"}
    assert columns == {column.name for column in asked.columns}
    frame = getattr(ward, name)(**given(name))
    assert frame.columns == [column.shown for column in asked.columns]
    assert len(frame) > 0


@pytest.mark.parametrize("name", METHODS)
def test_an_empty_answer_has_the_same_columns(ward: Ward, name: str) -> None:
    """Where nothing was stored, the frame is empty and has the types that it has otherwise."""
    full = getattr(ward, name)(**given(name))
    long_ago = {"start": "2001-01-01", "stop": "2001-01-02", "stays_start": "2000-01-01", "rooms": None}
    nothing = getattr(ward, name)(**{key: long_ago.get(key, value) for key, value in given(name).items()})
    assert nothing.schema == full.schema
    assert nothing.is_empty()


def test_breath_rate_is_the_mean_of_the_windows_readings(ward: Ward) -> None:
    """Five minutes of readings, averaged by hand, with the time in the ward's zone."""
    frame = ward.breath_rate(mrn=5001, night=date(2026, 3, 28), every=timedelta(minutes=5))
    first = frame.row(0, named=True)
    assert first["time"] == EVENING
    assert frame.schema["time"] == pl.Datetime("ms", "Europe/Vienna")
    assert first["breath_rate"] == pytest.approx(sum(12 + i * 0.5 for i in range(5)) / 5)


def test_a_night_is_noon_to_noon_by_the_wall(ward: Ward) -> None:
    """The night when clocks jump ends at 10:00 UTC, an hour earlier than it would have."""
    flux = ward.bind("readings", mrn="5001", night="2026-03-28")
    assert "start: 2026-03-28T11:00:00Z, stop: 2026-03-29T10:00:00Z" in flux
    with pytest.raises(ParameterError, match="not both"):
        ward.readings(mrn="5001", night="2026-03-28", start="-1h")
    with pytest.raises(ParameterError, match="such as 2026-01-10"):
        ward.readings(mrn="5001", night="last")


def test_quiet_rooms_shows_who_vanished(ward: Ward) -> None:
    """A room of the roster without any reading is there, since when nobody knows; a room that reports is not."""
    at = EVENING + timedelta(minutes=200)
    quiet = ward.quiet_rooms(rooms=["101", 102, "999"], start=EVENING, stop=at, silence="3m")
    assert quiet.select("room", "reported", "quiet_s").rows() == [("999", False, 200 * 60)]


def test_stays_and_occupants(ward: Ward) -> None:
    """A stay that ended has both ends, one that lasts has none, and who left is no occupant."""
    assert ward.room_stays(room=101, **TIMES).select("mrn", "from", "to").rows() == [
        ("5001", EVENING, EVENING + timedelta(hours=24)),
        ("5002", EVENING + timedelta(hours=24), None),
    ]
    assert ward.occupied_since(**TIMES).select("room", "mrn").rows() == [("101", "5002"), ("102", "X-000007")]
    assert ward.turnovers(room="101", **TIMES)["event"].to_list() == ["admitted", "left", "admitted"]


def test_flux_gives_one_frame_of_tables_that_differ(ward: Ward) -> None:
    """What a table lacks is null; two results or two types of a column do not mix."""
    base = f'from(bucket: "{ward.bucket}") |> range(start: 2026-03-28T00:00:00Z, stop: 2026-03-31T00:00:00Z)'
    frame = ward.flux(f'{base} |> filter(fn: (r) => r._field == "breath_rate") |> last()')
    assert frame["mrn"].to_list() == ["5001", "5002", "X-000007"]
    assert frame.schema["_time"] == pl.Datetime("ns", "Europe/Vienna")
    with pytest.raises(AnswerError, match="no one frame"):
        ward.flux(f"{base} |> last()")
    with pytest.raises(AnswerError, match="several results"):
        ward.flux(f'{base} |> yield(name: "a") {base} |> count() |> yield(name: "b")')
    assert {part.result for part in ward.tables(f'{base} |> yield(name: "a") {base} |> yield(name: "b")')} == {"a", "b"}


def test_a_fault_shows_its_line(ward: Ward) -> None:
    """The line of Flux at fault stands below the message, with carets at the place."""
    with pytest.raises(FluxError) as refused:
        ward.flux('from(bucket: "telemetry")\n    |> rang(start: -1h)')
    assert (refused.value.line, refused.value.column) == (2, 8)
    assert str(refused.value).endswith("   2 │     |> rang(start: -1h)\n     │        ^^^^")
    with pytest.raises(FluxError, match="no way"):
        ward.flux('import "array"\narray.from(rows: [{a: 1}]) |> map(fn: (r) => ({b: die(msg: "no way")}))')
    with pytest.raises(FluxError, match="could not find bucket"):
        ward.flux('from(bucket: "nobody-has-it") |> range(start: -1h)')


def test_who_may_not_ask_is_told_so(influx: Influx) -> None:
    """A wrong token, a wrong port and an address that is none are three different messages."""
    with pytest.raises(AccessDenied, match="refuses the token"):
        Ward(Connection(Address(influx.url, influx.org, "wrong"))).last_readings()
    with pytest.raises(ConnectionFault, match="nobody answers"):
        Ward(Connection(Address("http://127.0.0.1:1", "ward", None))).last_readings()
    with pytest.raises(ConnectionFault, match="is no address"):
        Connection(Address("127.0.0.1:8086", "ward", None))
    with pytest.raises(ParameterError, match="no time zone"):
        Ward(Connection(Address(influx.url, influx.org, None)), timezone="Europe/Vienne")


def test_an_answer_that_is_too_large_is_refused(influx: Influx, filled: str) -> None:
    """Memory is bounded: more bytes than allowed are an error that says what to do."""
    connection = Connection(Address(influx.url, influx.org, influx.token), max_answer_bytes=10_000)
    with pytest.raises(AnswerError, match="ask for less at once"):
        Ward(connection, bucket=filled).readings(mrn="5001", start=datetime(2026, 3, 1, tzinfo=UTC), stop="2026-04-01")


def test_a_frame_becomes_pandas_and_arrow(ward: Ward) -> None:
    """Other libraries get the same values, with the times in the ward's zone."""
    frame = ward.breath_rate(mrn="5001", night="2026-03-28", every="1h")
    pandas, arrow = frame.to_pandas(), frame.to_arrow()
    assert pandas["breath_rate"].tolist() == arrow["breath_rate"].to_pylist() == frame["breath_rate"].to_list()
    assert str(pandas["time"].dt.tz) == arrow.schema.field("time").type.tz == "Europe/Vienna"
    assert pandas["time"].iloc[0].to_pydatetime() == frame["time"][0]
