"""Every query of dashboards and alert rules, asked as Grafana asks it, against the ledger of a simulated ward."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grafana import published
from grafana.queries import asked
from simulator.ledger import Entry
from tests.grafana.conftest import BEGIN, ZONE, Simulated, moment, query_of, told

MEASURES = {
    "Breath rate": "breath_rate",
    "Leak": "leak_rate",
    "SpO2": "spo2",
    "Pressure": "cpap_pressure",
}
MOST_S = 180.0


def at(entry: Entry) -> datetime:
    """When a reading was measured, as the server has it."""
    assert entry.time_ms is not None
    return moment(entry.time_ms)


def window(instant: datetime, minutes: int) -> datetime:
    """Where the window of that many minutes begins, that the instant is in."""
    seconds = int(instant.timestamp())
    return moment((seconds - seconds % (60 * minutes)) * 1000)


def by_window(
    entries: Iterable[Entry], field: str, minutes: int, fold: Callable[[list[Any]], Any], start: datetime
) -> dict[datetime, Any]:
    """A figure of a field for each window that has it; a window that the range cuts begins with the range."""
    found: dict[datetime, list[Any]] = defaultdict(list)
    for entry in entries:
        if field in entry.acknowledged:
            found[max(start, window(at(entry), minutes))].append(entry.acknowledged[field])
    return {begin: fold(values) for begin, values in found.items()}


def mean(values: list[float]) -> float:
    """Their mean."""
    return sum(values) / len(values)


@pytest.fixture(scope="module")
def busy(simulated: Simulated) -> tuple[str, str]:
    """A room that had more than one patient, and the patient of whom it has most readings."""
    rooms = {entry.room for entry in simulated.entries}
    room = next(r for r in sorted(rooms) if len({e.mrn for e in simulated.of(room=r)}) > 1)
    mrns = [entry.mrn for entry in simulated.of(room=room)]
    return room, max(set(mrns), key=mrns.count)


@pytest.fixture(scope="module")
def values(busy: tuple[str, str]) -> dict[str, str]:
    """What the dashboards' variables hold."""
    return {"room": busy[0], "mrn": busy[1], "night": "2026-03-27", "timezone": ZONE.key}


def test_every_query_is_answered(simulated: Simulated, values: dict[str, str]) -> None:
    """No query of any dashboard or rule is refused, and each but those about wrong clocks has rows."""
    for query in asked():
        start = simulated.stop - timedelta(hours=30)
        found = simulated.ask(query, values, start, simulated.stop)
        now = query.dashboard == "pipeline" or query.title == "Readings do not reach InfluxDB"
        if not now:  # the pipeline's own state is of now; its tests are below
            assert found, query


def test_answers_have_the_shape_that_grafana_draws(simulated: Simulated, values: dict[str, str]) -> None:
    """A table, a figure, a variable is one table whose columns are all there: Grafana's data source makes labels of a
    group key's columns and shows the first table alone. A row of a timeline and an alert's has its room as a label.
    """
    kinds = {
        (name, panel["title"]): panel["type"]
        for name, board in published.dashboards().items()
        for panel in board["panels"]
        if "targets" in panel
    }
    for query in asked():
        text = simulated.answer(query, values, BEGIN, simulated.stop, "10m", "group")
        tables = [
            list(csv.reader(told.split("\n"))) for told in text.strip().replace("\r\n", "\n").split("\n\n") if told
        ]
        keys = {
            name for group, names, *_ in tables for name, of_key in zip(names, group, strict=True) if of_key == "true"
        }
        numbers = {row[names.index("table")] for _, names, *found in tables for row in found}
        kind = kinds.get((query.dashboard, query.title), query.kind)
        if kind in ("table", "stat", "variable", "annotation"):
            assert (len(numbers) <= 1, keys) == (True, set()), query
        elif kind in ("state-timeline", "alert") and any("room" in names for _, names, *_ in tables):
            assert keys == {"room"}, query


def test_variables_chain(simulated: Simulated, values: dict[str, str]) -> None:
    """Rooms, the room's patients, none or a night before the one shown, and the zone are those of the ward."""
    ask = simulated.ask
    stop = simulated.stop
    rooms = [row["room"] for row in ask(query_of("room", "room"), values, BEGIN, stop)]
    assert sorted(rooms) == sorted({entry.room for entry in simulated.entries})
    mrns = [row["mrn"] for row in ask(query_of("patient-night", "mrn"), values, BEGIN, stop)]
    in_room = simulated.of(room=values["room"])
    assert sorted(mrns) == sorted({entry.mrn for entry in in_room})
    assert mrns[0] == in_room[-1].mrn
    zone = ask(query_of("patient-night", "timezone"), values, BEGIN, stop)
    assert [row["zone"] for row in zone] == [ZONE.key]
    recorded = sorted({night(at(entry)) for entry in simulated.of(mrn=values["mrn"])}, reverse=True)
    for shown in recorded:
        nights = ask(query_of("patient-night", "night"), values, *noons(shown))
        assert [row["night"] for row in nights] == ["none", *(day for day in recorded if day < shown)]


def night(instant: datetime) -> str:
    """The day on which the night of an instant begins, in the ward's zone."""
    local = instant.astimezone(ZONE)
    day = local.date() if local.hour >= 12 else local.date() - timedelta(days=1)
    return day.isoformat()


def noons(day: str) -> tuple[datetime, datetime]:
    """Begin and end of that night."""
    begin = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZONE)
    end = (datetime.fromisoformat(f"{day}T12:00") + timedelta(days=1)).replace(tzinfo=ZONE)
    return begin.astimezone(UTC), end.astimezone(UTC)


@pytest.mark.parametrize("title", MEASURES)
def test_a_room_shows_each_patient_s_means(simulated: Simulated, values: dict[str, str], title: str) -> None:
    """The room's curve of each patient is the mean of that patient's readings there, window by window."""
    found = simulated.ask(query_of("room", title), values, BEGIN, simulated.stop)
    shown: dict[str, dict[datetime, float]] = defaultdict(dict)
    for row in found:
        shown[row["mrn"]][row["_time"]] = row["_value"]
    entries = simulated.of(room=values["room"])
    for mrn in {entry.mrn for entry in entries}:
        mine = [entry for entry in entries if entry.mrn == mrn]
        assert shown[mrn] == pytest.approx(by_window(mine, MEASURES[title], 10, mean, BEGIN))


def test_apneas_are_summed(simulated: Simulated, values: dict[str, str]) -> None:
    """Apneas by hour are sums of what readings report, in a room by patient and for a patient in every room."""
    found = simulated.ask(query_of("room", "Apneas by hour"), values, BEGIN, simulated.stop)
    for mrn in {row["mrn"] for row in found}:
        shown = {row["_time"]: row["_value"] for row in found if row["mrn"] == mrn}
        assert shown == by_window(simulated.of(room=values["room"], mrn=mrn), "apnea_count", 60, sum, BEGIN)
    found = simulated.ask(query_of("patient-night", "Apneas by hour"), values, BEGIN, simulated.stop)
    shown = {row["_time"]: row["apneas"] for row in found}
    assert shown == by_window(simulated.of(mrn=values["mrn"]), "apnea_count", 60, sum, BEGIN)
    assert sum(shown.values()) > 0


def test_turnovers_and_stays_are_the_room_s(simulated: Simulated, values: dict[str, str]) -> None:
    """Marks and the table of who lay here are the stays that the API tells."""
    stays = simulated.stays(values["room"])
    stop = simulated.stop
    marks = simulated.ask(query_of("room", "Turnovers"), values, BEGIN - timedelta(hours=1), stop)
    came = {(row["mrn"], row["_time"]) for row in marks if row["event"] == "admitted"}
    went = {(row["mrn"], row["_time"]) for row in marks if row["event"] != "admitted"}
    assert came == {(stay["mrn"], datetime.fromisoformat(stay["from"])) for stay in stays}
    assert went == {(stay["mrn"], datetime.fromisoformat(stay["to"])) for stay in stays if stay["to"]}
    table = simulated.ask(query_of("room", "Who lay here"), values, BEGIN, stop)
    shown = [(row["mrn"], row["from"], row.get("to")) for row in table]
    assert shown == [
        (stay["mrn"], datetime.fromisoformat(stay["from"]), stay["to"] and datetime.fromisoformat(stay["to"]))
        for stay in stays
    ]


@pytest.mark.parametrize("title", MEASURES)
def test_a_night_and_an_earlier_one_lie_on_one_axis(simulated: Simulated, values: dict[str, str], title: str) -> None:
    """A patient's curve is the mean by window; the earlier night's is moved by the time between their noons."""
    begin, end = noons("2026-03-28")  # 23 hours: the clocks jump
    field, mine = MEASURES[title], simulated.of(mrn=values["mrn"])
    found = simulated.ask(query_of("patient-night", title), values, begin, end)
    tonight = [entry for entry in mine if begin <= at(entry) < end]
    assert {row["_time"]: row[field] for row in found} == pytest.approx(by_window(tonight, field, 10, mean, begin))
    before, after = noons("2026-03-27")
    found = simulated.ask(query_of("patient-night", f"{title} (B)"), values, begin, end)
    last = [entry for entry in mine if before <= at(entry) < before + (end - begin)]
    moved = {time + (begin - before): value for time, value in by_window(last, field, 10, mean, before).items()}
    assert {row["_time"]: row["_value"] for row in found} == pytest.approx(moved)
    assert {row["night"] for row in found} <= {"2026-03-27"}
    assert after == begin


@pytest.mark.parametrize("chosen", ["none", "", "2026-03-2", '2026-03-27" or true or "', "2026-03-27\n"])
def test_without_an_earlier_night_there_is_one_curve(simulated: Simulated, values: dict[str, str], chosen: str) -> None:
    """Where nothing is chosen to compare with, or no date, no second curve is drawn and no question breaks."""
    query = query_of("patient-night", "Leak (B)")
    assert simulated.ask(query, {**values, "night": "2026-03-27"}, *noons("2026-03-28")) != []
    assert simulated.ask(query, {**values, "night": chosen}, *noons("2026-03-28")) == []


def covered(entries: list[Entry], start: datetime, stop: datetime) -> list[tuple[Entry, float, bool]]:
    """Each reading with the seconds within the range that it stands for, and whether the mask was on."""
    found = []
    for before, entry in zip([None, *entries], entries, strict=False):
        reach = MOST_S if before is None else min(MOST_S, (at(entry) - at(before)).total_seconds())
        begin = max(start, at(entry) - timedelta(seconds=reach))
        seconds = (min(stop, at(entry)) - begin).total_seconds()
        worn = told(entry).get("mask_on", told(entry).get("cpap_pressure", 0.0) >= 4)
        if seconds > 0:
            found.append((entry, seconds, bool(worn)))
    return found


def percentile(weighted: list[tuple[float, float]], percent: float) -> float:
    """The least value that is not exceeded for that part of the time."""
    whole, gone = sum(seconds for _, seconds in weighted), 0.0
    for value, seconds in sorted(weighted):
        gone += seconds
        if gone * 100 >= whole * percent - 1e-6:
            return value
    raise AssertionError("nothing was measured")


def test_the_night_s_figures_are_weighted_by_time(simulated: Simulated, values: dict[str, str]) -> None:
    """Usage, coverage, apnea index, medians, percentiles and the lowest SpO2 are those of the ledger."""
    begin, end = noons("2026-03-28")
    (row,) = simulated.ask(query_of("patient-night", "The night's figures"), values, begin, end)
    stretches = covered(simulated.of(mrn=values["mrn"]), begin, end)
    worn = [(entry, seconds) for entry, seconds, on in stretches if on]
    used = sum(seconds for _, seconds in worn)
    within = [entry for entry in simulated.of(mrn=values["mrn"]) if begin <= at(entry) < end]
    apneas = sum(int(entry.acknowledged.get("apnea_count", 0)) for entry in within)
    assert row["covered_h"] == pytest.approx(sum(seconds for _, seconds, _ in stretches) / 3600)
    assert row["usage_h"] == pytest.approx(used / 3600)
    assert row["apnea_index"] == pytest.approx(apneas / (used / 3600))
    for name, field, percent in (
        ("pressure_median", "cpap_pressure", 50), ("pressure_p95", "cpap_pressure", 95), ("leak_p95", "leak_rate", 95),
    ):  # fmt: skip
        weighted = [(float(e.acknowledged[field]), s) for e, s in worn if field in e.acknowledged]
        assert row[name] == pytest.approx(percentile(weighted, percent)), name
    assert row["spo2_min"] == min(e.acknowledged["spo2"] for e in within if "spo2" in e.acknowledged)


def test_trends_are_nights(simulated: Simulated, values: dict[str, str]) -> None:
    """Each night's usage is that of the ledger, cut at noon, and the nights of four hours or more are counted."""
    mine = simulated.of(mrn=values["mrn"])
    stop = simulated.stop
    found = simulated.ask(query_of("trends", "Usage"), values, BEGIN, stop)
    days = [night(at(entry)) for entry in mine]
    used = {}
    for day in dict.fromkeys(days):
        begin, end = noons(day)
        used[day] = sum(seconds for _, seconds, on in covered(mine, begin, min(end, stop)) if on) / 3600
    shown = {row["night"]: row["usage_h"] for row in found}
    assert shown == pytest.approx({day: hours for day, hours in used.items() if day in shown})
    assert set(days) <= set(shown)
    for row in found:
        assert (row["begins"], row["ends"]) == noons(row["night"])
    (*_, last) = simulated.ask(query_of("trends", "Nights of 4 h or more"), values, BEGIN, stop)
    assert last["enough_of_30"] == len([hours for hours in used.values() if hours >= 4])


def test_a_night_s_row_says_what_its_figures_say(simulated: Simulated) -> None:
    """The table of nights has the figures that each night itself shows, and the noons that its link leads to."""
    figures = ("usage_h", "apnea_index", "leak_p95", "pressure_p95")
    compared: set[str] = set()
    for mrn in {entry.mrn for entry in simulated.entries}:
        values = {"mrn": mrn, "timezone": ZONE.key}
        table = simulated.ask(query_of("patient-night", "Nights"), values, BEGIN, simulated.stop)
        assert {row["night"] for row in table} == {night(at(entry)) for entry in simulated.of(mrn=mrn)}
        for row in table:
            begin, end = noons(row["night"])
            assert (row["begins"], row["ends"]) == (begin, end)
            (own,) = simulated.ask(query_of("patient-night", "The night's figures"), values, begin, end)
            for name in figures:
                assert row.get(name) == pytest.approx(own.get(name)), (row["night"], name)
                compared |= {name} if own.get(name) else set()
    assert compared == set(figures)


def test_flow_images_are_those_that_were_sent(simulated: Simulated, values: dict[str, str]) -> None:
    """The digests and times of a patient's flow images are the ledger's."""
    found = simulated.ask(query_of("patient-night", "Flow images"), values, BEGIN, simulated.stop)
    sent = {
        at(e): e.acknowledged["flow_image"] for e in simulated.of(mrn=values["mrn"]) if "flow_image" in e.acknowledged
    }
    assert {row["_time"]: row["flow_image"] for row in found} == sent
    assert sent


HOSTILE = (
    '101" or true or "',
    "101\\",
    '"})) |> drop(columns: ["x"]) //',
    "${exit}",
    '101" |> yield(name: "x',
    "101\n",
    "１０１",
    "%22",
    "101/../..",
)


@pytest.mark.parametrize("value", HOSTILE)
def test_no_address_changes_a_question(simulated: Simulated, value: str) -> None:
    """Whatever stands in an address for a room and an MRN, it is a text that matches nothing, and no query breaks."""
    for dashboard, title in (("room", "Breath rate"), ("room", "Who lay here"), ("patient-night", "Leak")):
        query = query_of(dashboard, title)
        values = {"room": value, "mrn": value, "timezone": ZONE.key}
        assert simulated.ask(query, values, BEGIN, simulated.stop) == [], (title, value)
