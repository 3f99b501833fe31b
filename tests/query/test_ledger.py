"""The API's numbers equal a plain computation over the simulator's ledger, for random wards, zones and nights.

Wards lie around nights in which clocks change, devices fall silent for a while, and some do not tell about the mask.
"""

import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from query import Address, Connection, Ward
from tests.influx_servers import Influx
from tests.query import simulated
from tests.query.simulated import Plan, Row

CHANGES = [
    ("Europe/Vienna", date(2026, 3, 28)),
    ("Europe/Vienna", date(2026, 10, 24)),
    ("America/New_York", date(2026, 3, 7)),
    ("America/St_Johns", date(2026, 10, 31)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("Pacific/Chatham", date(2026, 9, 26)),
    ("Asia/Kolkata", date(2026, 1, 10)),
    ("Pacific/Kiritimati", date(2026, 1, 10)),
    ("UTC", date(2026, 2, 28)),
]
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
EXAMPLES = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Plan, str]:
    """A ward of one or two rooms over two or three nights around a change of clocks, with gaps."""
    zone, night = draw(st.sampled_from(CHANGES))
    noon_ms = simulated.bounds(night, ZoneInfo(zone))[0]
    start_ms = noon_ms + draw(st.integers(-20, 8)) * HOUR_MS + draw(st.integers(0, 90)) * 1000
    end_ms = start_ms + draw(st.integers(30, 60)) * HOUR_MS
    gaps = []
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(start_ms, end_ms))
        gaps.append((first, first + draw(st.integers(1, 240)) * MINUTE_MS))
    interval_ms = draw(st.sampled_from([5, 7, 10])) * MINUTE_MS
    noon_hour = noon_ms % DAY_MS / HOUR_MS
    seed, rooms = draw(st.integers(0, 10_000)), draw(st.integers(1, 2))
    return Plan(seed, rooms, start_ms, end_ms, interval_ms, noon_hour, tuple(gaps), draw(st.booleans())), zone


Check = Callable[[Ward, list[Row], Plan], None]


def run(influx: Influx, drawn: tuple[Plan, str], check: Check) -> None:
    """Simulate the plan, write its ledger into a bucket of its own, and let `check` compare."""
    plan, zone = drawn
    with tempfile.TemporaryDirectory() as folder, influx.bucket() as bucket:
        account = simulated.simulate(plan, Path(folder) / "ledger.jsonl")
        written = influx.write(bucket, "\n".join(simulated.lines(account)), "ms")
        assert written.status_code == 204, written.text
        address = Address(influx.url, influx.org, influx.token)
        with Ward(Connection(address), bucket=bucket, timezone=zone) as ward:
            check(ward, simulated.rows(account), plan)


def of(rows: list[Row], mrn: str) -> list[Row]:
    """One patient's readings."""
    return [row for row in rows if row.mrn == mrn]


def instant(ms: int) -> datetime:
    """An instant as Python has it."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def span(plan: Plan) -> dict[str, Any]:
    """From well before the first reading to well after the last."""
    return {"start": instant(plan.start_ms - DAY_MS), "stop": instant(plan.end_ms + DAY_MS)}


def compare_nights(ward: Ward, rows: list[Row], plan: Plan) -> None:
    """Usage, apneas and percentiles of each patient's nights."""
    every = timedelta(milliseconds=plan.interval_ms)
    for mrn in sorted({row.mrn for row in rows}):
        own = of(rows, mrn)
        frame = ward.nights(mrn=mrn, interval=every, **span(plan))
        expected = {}
        for night in sorted({simulated.night_of(row.time_ms + by, ward.zone) for row in own for by in (0, -HOUR_MS)}):
            start, stop = simulated.bounds(night, ward.zone)
            covered = simulated.cover(own, start, stop, plan.interval_ms)
            if not covered:
                continue
            worn = [stretch for stretch in covered if stretch.worn]
            apneas = sum(int(row.fields["apnea_count"]) for row in own if start <= row.time_ms < stop)
            usage_h = simulated.length_ms(worn) / HOUR_MS
            expected[night] = (
                pytest.approx(simulated.length_ms(covered) / HOUR_MS),
                pytest.approx(usage_h),
                apneas,
                pytest.approx(apneas / usage_h) if usage_h else None,
                simulated.percentile(worn, "cpap_pressure", 95),
                simulated.percentile(worn, "leak_rate", 95),
            )
        names = ["covered_h", "usage_h", "apneas", "apnea_index", "pressure_p95", "leak_p95"]
        assert dict(zip(frame["night"], frame.select(names).rows(), strict=True)) == expected
        assert [simulated.to_ms(at) for at in frame["begins"]] == [
            simulated.bounds(night, ward.zone)[0] for night in expected
        ]


@EXAMPLES
@given(drawn=plans())
def test_nights(influx: Influx, drawn: tuple[Plan, str]) -> None:
    """Every night of every patient, 23, 24 or 25 hours long, has the figures that the contract defines."""
    run(influx, drawn, compare_nights)


def compare_summary(ward: Ward, rows: list[Row], plan: Plan) -> None:
    """All figures of the night in the middle."""
    night = simulated.night_of((plan.start_ms + plan.end_ms) // 2, ward.zone)
    start, stop = simulated.bounds(night, ward.zone)
    for mrn in sorted({row.mrn for row in rows}):
        own = of(rows, mrn)
        frame = ward.night_summary(mrn=mrn, night=night, interval=timedelta(milliseconds=plan.interval_ms))
        covered = simulated.cover(own, start, stop, plan.interval_ms)
        within = [row for row in own if start <= row.time_ms < stop]
        if not covered:
            assert frame.is_empty()
            continue
        worn = [stretch for stretch in covered if stretch.worn]
        low = [stretch for stretch in covered if float(stretch.fields.get("spo2", 100.0)) < 90.0]
        leaking = [stretch for stretch in worn if float(stretch.fields.get("leak_rate", 0.0)) > 24.0]
        figures = frame.row(0, named=True)
        assert figures["readings"] == len(within)
        assert figures["apneas"] == sum(int(row.fields["apnea_count"]) for row in within)
        assert figures["usage_h"] == pytest.approx(simulated.length_ms(worn) / HOUR_MS)
        assert figures["covered_h"] == pytest.approx(simulated.length_ms(covered) / HOUR_MS)
        assert figures["large_leak_h"] == pytest.approx(simulated.length_ms(leaking) / HOUR_MS)
        assert figures["spo2_below_90_h"] == pytest.approx(simulated.length_ms(low) / HOUR_MS)
        assert figures["spo2_min"] == min(
            (float(s.fields["spo2"]) for s in covered if "spo2" in s.fields), default=None
        )
        for name, field, percent in (
            ("pressure_median", "cpap_pressure", 50),
            ("pressure_p95", "cpap_pressure", 95),
            ("leak_median", "leak_rate", 50),
            ("leak_p95", "leak_rate", 95),
            ("breath_rate_median", "breath_rate", 50),
        ):
            assert figures[name] == simulated.percentile(worn, field, percent), name


@EXAMPLES
@given(drawn=plans())
def test_night_summary(influx: Influx, drawn: tuple[Plan, str]) -> None:
    """One night has the figures that the contract defines, also where little of it was recorded."""
    run(influx, drawn, compare_summary)


def compare_adherence(ward: Ward, rows: list[Row], plan: Plan) -> None:
    """Usage of every night, and how many of the last thirty were of four hours."""
    for mrn in sorted({row.mrn for row in rows}):
        own = of(rows, mrn)
        start = instant(plan.start_ms - 33 * DAY_MS)
        frame = ward.adherence(
            mrn=mrn, start=start, stop=instant(plan.end_ms + DAY_MS), interval=timedelta(milliseconds=plan.interval_ms)
        )
        night = simulated.night_of(simulated.to_ms(start), ward.zone)
        enough: list[bool] = []
        for row in frame.rows(named=True):
            first, last = simulated.bounds(night, ward.zone)
            worn = [s for s in simulated.cover(own, first, last, plan.interval_ms) if s.worn]
            assert (row["night"], simulated.to_ms(row["begins"])) == (night, first)
            assert row["usage_h"] == pytest.approx(simulated.length_ms(worn) / HOUR_MS)
            enough.append(simulated.length_ms(worn) >= 4 * HOUR_MS)
            assert row["enough"] is enough[-1]
            assert (row["nights"], row["enough_of_30"]) == (min(30, len(enough)), sum(enough[-30:]))
            night += timedelta(days=1)
        assert simulated.bounds(night, ward.zone)[0] >= plan.end_ms + DAY_MS


@EXAMPLES
@given(drawn=plans())
def test_adherence(influx: Influx, drawn: tuple[Plan, str]) -> None:
    """No night is skipped, and the count over thirty nights is that of the list's last thirty."""
    run(influx, drawn, compare_adherence)


def compare_windows(ward: Ward, rows: list[Row], plan: Plan) -> None:
    """Means and sums by window, and nights side by side."""
    for mrn in sorted({row.mrn for row in rows}):
        own = of(rows, mrn)
        for method, column, field in (
            (ward.breath_rate, "breath_rate", "breath_rate"),
            (ward.pressure, "cpap_pressure", "cpap_pressure"),
            (ward.leak, "leak_rate", "leak_rate"),
            (ward.spo2, "spo2", "spo2"),
        ):
            frame = method(mrn=mrn, every="30m", **span(plan))
            expected = simulated.windows(own, field, 30 * MINUTE_MS)
            found = {simulated.to_ms(at): value for at, value in frame.select("time", column).rows()}
            assert found == {at: pytest.approx(sum(values) / len(values)) for at, values in expected.items()}
        frame = ward.apneas_per_hour(mrn=mrn, **span(plan))
        found = {simulated.to_ms(at): count for at, count in frame.select("time", "apneas").rows()}
        assert found == {at: sum(values) for at, values in simulated.windows(own, "apnea_count", HOUR_MS).items()}
        frame = ward.nights_compared(mrn=mrn, field="leak_rate", every="30m", **span(plan))
        expected = {}
        for at, values in simulated.windows(own, "leak_rate", 30 * MINUTE_MS).items():
            night = simulated.night_of(at, ward.zone)
            hour = (at - simulated.bounds(night, ward.zone)[0]) / HOUR_MS
            expected[night, round(hour, 9)] = pytest.approx(sum(values) / len(values))
        found = {(n, round(h, 9)): value for n, h, value in frame.select("night", "hour", "value").rows()}
        assert found == expected


@EXAMPLES
@given(drawn=plans())
def test_windows(influx: Influx, drawn: tuple[Plan, str]) -> None:
    """Every window holds the mean, or the sum, of the readings that fall into it."""
    run(influx, drawn, compare_windows)


def compare_rooms(ward: Ward, rows: list[Row], plan: Plan) -> None:
    """What a nurse sees at some instant: last readings, who is quiet, apneas, sets of rooms."""
    at = (2 * plan.start_ms + plan.end_ms) // 3
    start, stop = instant(at - 3 * HOUR_MS), instant(at)
    recent = [row for row in rows if at - 3 * HOUR_MS <= row.time_ms < at]
    last = {row.room: row for row in recent}
    frame = ward.last_readings(start=start, stop=stop)
    assert {row["room"]: (simulated.to_ms(row["time"]), row["mrn"], row["spo2"]) for row in frame.rows(named=True)} == {
        room: (row.time_ms, row.mrn, row.fields.get("spo2")) for room, row in last.items()
    }
    roster = sorted({row.room for row in rows} | {"999"})
    silence = timedelta(milliseconds=3 * plan.interval_ms)
    quiet = ward.quiet_rooms(rooms=roster, start=start, stop=stop, silence=silence)
    since = {room: (at - (last[room].time_ms if room in last else at - 3 * HOUR_MS)) // 1000 for room in roster}
    assert dict(quiet.select("room", "quiet_s").rows()) == {
        room: ago for room, ago in since.items() if ago >= 3 * plan.interval_ms // 1000
    }
    counts: dict[str, list[int]] = {}
    for row in recent:
        counts.setdefault(row.room, []).append(int(row.fields["apnea_count"]))
    apneas = ward.apneas_last_hour(start=start, stop=stop)
    assert apneas.rows() == [(room, sum(values), max(values)) for room, values in sorted(counts.items())]
    cohort = ward.cohort(rooms=roster[:1], start=start, stop=stop)
    leaks = [float(row.fields["leak_rate"]) for row in recent if row.room == roster[0] and "leak_rate" in row.fields]
    assert cohort["apneas"].sum() == sum(counts.get(roster[0], []))
    if leaks and len(cohort) == 1:
        assert cohort["leak_rate"][0] == pytest.approx(sum(leaks) / len(leaks))
    for room, mrn, mean in ward.cohort(start=start, stop=stop).select("room", "mrn", "cpap_pressure").rows():
        told = [float(row.fields["cpap_pressure"]) for row in recent if (row.room, row.mrn) == (room, mrn)]
        under = [value for value in told if value >= 4.0]
        assert mean == (pytest.approx(sum(under) / len(under)) if under else None)


@EXAMPLES
@given(drawn=plans())
def test_rooms(influx: Influx, drawn: tuple[Plan, str]) -> None:
    """The ward at one instant is what the readings until then say."""
    run(influx, drawn, compare_rooms)


def compare_raw(ward: Ward, rows: list[Row], plan: Plan) -> None:
    """Raw readings, of a patient and of the ward, and which nights there are."""
    names = ["room", "mrn", *simulated.FIELDS]
    for frame, expected in (
        (ward.ward_readings(**span(plan)), rows),
        (ward.readings(mrn=rows[0].mrn, **span(plan)), of(rows, rows[0].mrn)),
    ):
        assert [simulated.to_ms(at) for at in frame["time"]] == [row.time_ms for row in expected]
        assert frame.select(names).rows() == [
            (row.room, row.mrn, *(row.fields.get(name) for name in simulated.FIELDS)) for row in expected
        ]
    counts: dict[date, int] = {}
    for row in of(rows, rows[0].mrn):
        night = simulated.night_of(row.time_ms, ward.zone)
        counts[night] = counts.get(night, 0) + 1
    nights = ward.recorded_nights(mrn=rows[0].mrn, **span(plan))
    assert dict(nights.select("night", "readings").rows()) == counts
    assert nights["night"].to_list() == sorted(counts, reverse=True)


@EXAMPLES
@given(drawn=plans())
def test_raw_readings(influx: Influx, drawn: tuple[Plan, str]) -> None:
    """What was acknowledged is what comes back, field by field, in the order of time."""
    run(influx, drawn, compare_raw)
