"""The Ward dashboard, the pipeline's own, and the alert rules against the ledger."""

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
import requests

from grafana.queries import asked
from ingest.clock import format_ms
from simulator.ledger import Entry
from tests.grafana.conftest import BEGIN, Simulated, query_of, told
from tests.grafana.test_values import at, window
from tests.simulator.stack import ADMIN

HOUR = timedelta(hours=1)


def lying(simulated: Simulated, when: datetime) -> dict[str, tuple[str, datetime]]:
    """Who lies where at that instant, and since when, by the stays that the API tells."""
    found = {}
    for room in {entry.room for entry in simulated.entries}:
        for stay in simulated.stays(room):
            begin = datetime.fromisoformat(stay["from"])
            if begin < when and (stay["to"] is None or datetime.fromisoformat(stay["to"]) >= when):
                found[room] = (stay["mrn"], begin)
    return found


def rank(last: Entry, most: int, quiet_s: float) -> int:
    """What a room's state must be, by the question's own rule in its header."""
    said = told(last)
    return (
        6 if quiet_s >= 180
        else 5 if most >= 2
        else 4 if said.get("spo2", 100) < 90
        else 3 if not 9 <= said.get("breath_rate", 12) < 25
        else 2 if said.get("leak_rate", 0) > 24
        else 1 if said.get("mask_on") is False
        else 0
    )  # fmt: skip


@pytest.mark.parametrize("hours", [14.5, 36.0, 48.0])
def test_the_board_tells_every_room_worst_first(simulated: Simulated, hours: float) -> None:
    """Each room's row is its last reading, its hour's apneas, its patient and its state; rows come worst first."""
    when = BEGIN + timedelta(hours=hours, seconds=1)
    found = simulated.ask(query_of("ward", "Rooms, worst first"), {}, when - HOUR, when)
    before = [entry for entry in simulated.entries if at(entry) < when]
    occupied = lying(simulated, when)
    assert {row["room"] for row in found} == {entry.room for entry in before}
    assert [row["rank"] for row in found] == sorted((row["rank"] for row in found), reverse=True)
    for row in found:
        mine = [entry for entry in before if entry.room == row["room"]]
        counts = [
            int(e.acknowledged["apnea_count"]) for e in mine if at(e) >= when - HOUR and "apnea_count" in e.acknowledged
        ]
        last = mine[-1]
        quiet_s = int((when - at(last)).total_seconds())
        assert (row["mrn"], row["since"]) == occupied[row["room"]]
        assert (row["last_reading"], row["quiet_s"]) == (at(last), quiet_s)
        assert (row["apneas_1h"], row["apneas_max"]) == (sum(counts), max(counts))
        for field in ("breath_rate", "leak_rate", "spo2", "cpap_pressure", "mask_on"):
            assert row[field] == last.acknowledged.get(field), field
        assert row["rank"] == rank(last, max(counts), quiet_s)


def test_a_room_that_fell_silent_stays_on_the_board(simulated: Simulated) -> None:
    """Ten minutes and two days after the last reading every occupied room is there, quiet, even without a series."""
    for later in (timedelta(minutes=10), timedelta(days=2)):
        when = simulated.stop + later
        found = simulated.ask(query_of("ward", "Rooms, worst first"), {}, when - HOUR, when)
        occupied = lying(simulated, when)
        assert {row["room"]: row["mrn"] for row in found} == {room: mrn for room, (mrn, _) in occupied.items()}
        assert {row["state"] for row in found} == {"quiet"}
    assert {row.get("last_reading") for row in found} == {None}


def test_the_timeline_is_each_window_s_worst(simulated: Simulated) -> None:
    """Each room's stretch of five minutes is the worst that its readings say, or that there were none."""
    start, stop = BEGIN + 6 * HOUR, BEGIN + 18 * HOUR
    found = simulated.ask(query_of("ward", "The night of all rooms"), {}, start, stop)
    windows: dict[tuple[str, datetime], list[Entry]] = defaultdict(list)
    for entry in simulated.entries:
        if start <= at(entry) < stop:
            windows[entry.room, window(at(entry), 5)].append(entry)
    shown = {(row["room"], row["_time"]): row["_value"] for row in found}
    for key, entries in windows.items():
        fields = [told(entry) for entry in entries]
        leaks = [f["leak_rate"] for f in fields if "leak_rate" in f]
        masks = [f["mask_on"] for f in fields if "mask_on" in f]
        states = [0]
        states += [4] if any(f.get("apnea_count", 0) >= 2 for f in fields) else []
        states += [3] if any(f.get("spo2", 100) < 90 for f in fields) else []
        states += [2] if leaks and sum(leaks) / len(leaks) > 24 else []
        states += [1] if masks and not masks[-1] else []
        assert shown.pop(key) == max(states), key
    assert set(shown.values()) <= {-1}


def rule(title: str, simulated: Simulated, when: datetime, over: timedelta) -> dict[str, float]:
    """The values of an alert rule by room."""
    (query,) = [query for query in asked() if query.dashboard == "alerts" and query.title == title]
    return {row["room"]: row["_value"] for row in simulated.ask(query, {}, when - over, when)}


def test_alert_rules_tell_what_they_say(simulated: Simulated) -> None:
    """Silence since the last reading, the most apneas of ten minutes, means of leak, SpO2 and breath rate, by room."""
    when = BEGIN + timedelta(hours=14, seconds=30)
    recent: dict[str, list[Entry]] = defaultdict(list)
    for entry in simulated.entries:
        if at(entry) < when:
            recent[entry.room].append(entry)
    silent = rule("Silent monitor", simulated, when, timedelta(days=1))
    assert silent == pytest.approx({room: (when - at(es[-1])).total_seconds() for room, es in recent.items()})
    for title, field, minutes, fold in (
        ("Apneas", "apnea_count", 10, max),
        ("Large leak", "leak_rate", 10, lambda v: sum(v) / len(v)),
        ("Low SpO2", "spo2", 5, lambda v: sum(v) / len(v)),
        ("Breath rate", "breath_rate", 5, lambda v: sum(v) / len(v)),
    ):
        over = timedelta(minutes=minutes)
        expected = {}
        for room, entries in recent.items():
            fields = [e.acknowledged[field] for e in entries if at(e) >= when - over and field in e.acknowledged]
            if fields:
                expected[room] = fold(fields)
        assert rule(title, simulated, when, over) == pytest.approx(expected), title
        assert expected


def test_a_monitor_that_never_spoke_is_silent_since_its_patient_came(simulated: Simulated) -> None:
    """A room where somebody was admitted and no reading came is told by the rule; an empty room is not."""
    url = f"{simulated.stack.options.url}/v1/rooms/never-spoke"
    headers = {"Authorization": f"Bearer {ADMIN}"}
    came = simulated.stop + 2 * HOUR
    body = {"mrn": "nobody-1", "time": came.isoformat()}
    assert requests.post(f"{url}/admit", json=body, headers=headers, timeout=30).status_code == 201
    try:
        until_told(simulated, "never-spoke")
        when = came + timedelta(minutes=7)
        silent = rule("Silent monitor", simulated, when, timedelta(days=1))
        assert silent["never-spoke"] == pytest.approx(420)
        left = {"time": (came + timedelta(minutes=8)).isoformat()}
        assert requests.post(f"{url}/discharge", json=left, headers=headers, timeout=30).status_code == 200
        while "never-spoke" in rule("Silent monitor", simulated, came + timedelta(minutes=9), timedelta(days=1)):
            time.sleep(0.05)
    finally:
        requests.post(f"{url}/discharge", json={}, headers=headers, timeout=30)


def until_told(simulated: Simulated, room: str) -> None:
    """Wait until the room's stay is in InfluxDB."""
    query = query_of("room", "room")
    while room not in [row["room"] for row in simulated.ask(query, {}, BEGIN, datetime.now(UTC))]:
        time.sleep(0.05)


def counted(simulated: Simulated) -> dict[str, int]:
    """What the dashboard says was counted in the last hour, by counter."""
    now = datetime.now(UTC)
    sums: dict[str, int] = defaultdict(int)
    for row in simulated.ask(query_of("pipeline", "Readings by window"), {}, now - HOUR, now, "1m"):
        sums[row["_field"]] += row["_value"]
    return sums


def told_now(simulated: Simulated) -> dict[str, object]:
    """What the pipeline told of itself last, once nothing waits."""
    while True:
        now = datetime.now(UTC)
        rows = simulated.ask(query_of("pipeline", "Now"), {}, now - HOUR, now)
        if rows and not rows[0]["outbox_lines"]:
            return rows[0]
        time.sleep(0.05)


def test_the_pipeline_tells_of_itself(simulated: Simulated) -> None:
    """What is counted, waits and is quarantined are the server's own figures; nothing waits once all has arrived."""
    row = told_now(simulated)
    assert (row["outbox_lines"], row["outbox_oldest_s"], row["quarantine_lines"], row["queue_readings"]) == (0, 0, 0, 0)
    before = counted(simulated)["readings_duplicate"]
    known = next(entry for entry in simulated.entries if "spo2" in entry.acknowledged)
    again = {
        "room": known.room,
        "mrn": known.mrn,
        "time": format_ms(known.stamp_ms),
        "spo2": known.acknowledged["spo2"],
    }
    for _ in range(3):
        answer = requests.post(
            f"{simulated.stack.options.url}/v1/readings",
            json=again,
            headers={"Authorization": f"Bearer {ADMIN}"},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
    while (sums := counted(simulated))["readings_duplicate"] < before + 3:
        time.sleep(0.05)
    assert sums["readings_duplicate"] == before + 3
    assert sums["readings_accepted"] <= len(simulated.entries)
    assert sums["readings_rejected"] == 0
    now = datetime.now(UTC)
    for title in ("Outbox: lines", "Outbox: age of the oldest", "Forwarding lag", "Quarantine"):
        assert simulated.ask(query_of("pipeline", title), {}, now - HOUR, now, "1m"), title
    assert simulated.ask(query_of("pipeline", "Clocks that are wrong"), {}, now - HOUR, now) == []
    (query,) = [query for query in asked() if query.title == "Readings do not reach InfluxDB"]
    (age,) = simulated.ask(query, {}, now - timedelta(minutes=5), now)
    assert 0 <= age["_value"] < 300
