"""docs/cookbook.md: every recipe, asked as it stands, gives what a plain computation over the same readings gives."""

import bisect
import itertools
import math
import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from query import Address, Connection, Ward
from tests.influx_servers import Influx
from tests.query import simulated
from tests.query.known_house import HOUR, NOW, VIENNA, House, at
from tests.query.simulated import Row

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cookbook.md"
RECIPE = re.compile(r"^### (\d+)\. (.+)\n(?:(?!#).*\n)*?```flux\n((?:(?!```).*\n)*)```$", re.MULTILINE)
RECIPES = {int(number): (title, flux) for number, title, flux in RECIPE.findall(PAGE.read_text("utf-8"))}
FIELDS = ("apnea_count", "breath_rate", "cpap_pressure", "leak_rate", "mask_on", "spo2")


def by(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    """Rows by a key, in their order."""
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(found)


def mrn_of(row: Row) -> str:
    """Whose it is."""
    return row.mrn


def values(rows: Iterable[Row], field: str) -> list[Any]:
    """The values of a field."""
    return [row.fields[field] for row in rows]


def number(row: Row, field: str) -> float:
    """The value of a field that holds numbers."""
    return float(row.fields[field])


def hour(row: Row, since: float = 48) -> datetime:
    """The begin of its hour, or of the range of that many hours where that is later."""
    return max(at(row).replace(minute=0, second=0, microsecond=0), NOW - since * HOUR)


def last_readings(house: House) -> list[tuple[Any, ...]]:
    """1: room, MRN, time and measurements of the newest reading of each room."""
    found = by(house.last(12), lambda row: row.room)
    return [
        (row.room, row.mrn, at(row), *(row.fields.get(name) for name in FIELDS))
        for row in (rows[-1] for rows in found.values())
    ]


def silent(house: House) -> list[tuple[Any, ...]]:
    """2: the room that fell silent at eight."""
    found = by(house.last(12), lambda row: row.room)
    whole = {room: (NOW - at(rows[-1])) // timedelta(minutes=1) for room, rows in found.items()}
    return [(room, found[room][-1].mrn, minutes) for room, minutes in whole.items() if minutes > 3]


def leaking(house: House) -> list[tuple[Any, ...]]:
    """3: who leaks at the end, and for how many readings in a row."""
    found = []
    for (room, mrn), rows in by(house.last(12, "leak_rate"), lambda row: (row.room, row.mrn)).items():
        fit = [row for row in rows if number(row, "leak_rate") <= 24]
        count = len(rows) - (rows.index(fit[-1]) + 1 if fit else 0)
        if count >= 10:
            found.append((room, mrn, at(rows[-1]), count))
    return found


def with_holes(house: House) -> list[tuple[Any, ...]]:
    """4: a mean for each five minutes, None where nothing was measured."""
    five = timedelta(minutes=5)
    begin = NOW - 12 * HOUR
    found = by(house.last(12, "breath_rate", "5001"), lambda row: (at(row) - begin) // five)
    means = {index: statistics.fmean(values(rows, "breath_rate")) for index, rows in found.items()}
    return [(begin + index * five, means.get(index)) for index in range(144)]


def extremes(house: House) -> list[tuple[Any, ...]]:
    """5: lowest, mean and highest saturation of each hour."""
    found = by(house.last(12, "spo2", "5001"), lambda row: hour(row, 12))
    told = {when: values(rows, "spo2") for when, rows in found.items()}
    return [(when, min(part), statistics.fmean(part), max(part)) for when, part in told.items()]


def below(house: House) -> list[tuple[Any, ...]]:
    """6: seconds below 90 %, three minutes a reading at most."""
    rows = house.last(24, "spo2", "5001")
    pairs = itertools.pairwise(rows)
    return [("5001", sum(min(180, (b.time_ms - a.time_ms) // 1000) for a, b in pairs if number(b, "spo2") < 90))]


def desaturations(house: House) -> list[tuple[Any, ...]]:
    """7: the longest stretch of low readings of each patient, from its first to its last."""
    found = []
    for mrn, rows in by(house.last(24, "spo2"), mrn_of).items():
        longest, begun = (0, NOW), None
        for row in rows:
            begun = None if number(row, "spo2") >= 90 else row.time_ms if begun is None else begun
            if begun is not None and (row.time_ms - begun) // 1000 > longest[0]:
                longest = ((row.time_ms - begun) // 1000, at(row))
        if longest[0]:
            found.append((mrn, longest[1], longest[0]))
    return found


def smooth(house: House) -> list[tuple[Any, ...]]:
    """8: means of ten."""
    rows = house.last(12, "leak_rate", "5001")
    return [(at(rows[i]), statistics.fmean(values(rows[i - 9 : i + 1], "leak_rate"))) for i in range(9, len(rows))]


def jumps(house: House) -> list[tuple[Any, ...]]:
    """9: differences of more than one."""
    rows = house.last(24, "cpap_pressure", "5001")
    pairs = itertools.pairwise(rows)
    told = [(at(b), number(b, "cpap_pressure") - number(a, "cpap_pressure")) for a, b in pairs]
    return [(when, change) for when, change in told if abs(change) > 1]


def correlation(house: House) -> list[tuple[Any, ...]]:
    """10: Pearson's r over readings that have both."""
    rows = house.last(24, "leak_rate", "5001")
    return [(statistics.correlation(values(rows, "cpap_pressure"), values(rows, "leak_rate")),)]


def ranking(house: House) -> list[tuple[Any, ...]]:
    """11: apneas of each patient, most first."""
    found = by(house.last(24), mrn_of)
    return sorted(((mrn, sum(values(rows, "apnea_count"))) for mrn, rows in found.items()), key=lambda row: -row[1])


def apneas_by_hour(house: House) -> list[tuple[Any, ...]]:
    """12: apneas of each patient and hour."""
    found = by(house.last(12), lambda row: (hour(row, 12), row.mrn))
    return [(*key, sum(values(rows, "apnea_count"))) for key, rows in found.items()]


def index(house: House) -> list[tuple[Any, ...]]:
    """13: apneas by hours with the mask on, highest first."""
    found = []
    for mrn, rows in by(house.last(24), mrn_of).items():
        minutes = sum(values(rows, "mask_on"))
        if minutes:
            apneas = sum(values(rows, "apnea_count"))
            found.append((mrn, apneas, minutes, apneas * 60 / minutes))
    return sorted(found, key=lambda row: -row[-1])


def percentiles(house: House) -> list[tuple[Any, ...]]:
    """14: the value at place ⌈0.95 n⌉."""
    found = by(house.last(24, "leak_rate"), mrn_of)
    told = {mrn: sorted(values(rows, "leak_rate")) for mrn, rows in found.items()}
    return [(mrn, part[math.ceil(0.95 * len(part)) - 1]) for mrn, part in told.items()]


def spread(house: House) -> list[tuple[Any, ...]]:
    """15: readings with at most that pressure."""
    told = sorted(row.fields["cpap_pressure"] for row in house.last(24) if row.fields["mask_on"])
    return [(bound, float(bisect.bisect_right(told, bound))) for bound in (6.0, 8.0, 10.0, 12.0, 14.0, 20.0)]


def wide(house: House) -> list[tuple[Any, ...]]:
    """16: a row a minute, a column a patient."""
    found = by(house.last(12), at)
    order = ("5001", "5003", "5004", "X-005005")
    return [
        (when, *({row.mrn: row.fields["cpap_pressure"] for row in rows}.get(mrn) for mrn in order))
        for when, rows in found.items()
    ]


def nights(house: House) -> list[tuple[Any, ...]]:
    """17: apneas between the noons of the wall clock in Vienna."""
    found = by(house.last(72, mrn="5001"), lambda row: simulated.night_of(row.time_ms, VIENNA))
    return [
        (
            datetime.fromtimestamp(simulated.bounds(night, VIENNA)[0] / 1000, UTC),
            sum(values(rows, "apnea_count")),
        )
        for night, rows in found.items()
    ]


def compared(house: House) -> list[tuple[Any, ...]]:
    """18: mean leak by hour, of tonight and of the night before."""
    day = timedelta(days=1)
    found: dict[datetime, list[float | None]] = {}
    rows = house.last(42, "leak_rate", "5001")
    for place, part in (
        (0, [r for r in rows if at(r) >= NOW - 18 * HOUR]),
        (1, [r for r in rows if at(r) < NOW - day]),
    ):
        for when, own in by(part, hour).items():
            told = found.setdefault(max(when + place * day, NOW - 18 * HOUR), [None, None])
            told[place] = statistics.fmean(values(own, "leak_rate"))
    return [(when, *pair) for when, pair in sorted(found.items())]


def incomplete(house: House) -> list[tuple[Any, ...]]:
    """19: hours of a room with fewer than 95 % of sixty readings."""
    found = by(house.last(12), lambda row: (hour(row, 12), row.room))
    return [(*key, len(rows) / 60) for key, rows in found.items() if len(rows) / 60 < 0.95]


def lengths(house: House) -> list[tuple[Any, ...]]:
    """20: minutes from admission to leaving."""
    return [(room, mrn, last, (last - first) // timedelta(minutes=1)) for room, mrn, first, last in house.stays]


Plain = Callable[[House], list[tuple[Any, ...]]]
PLAIN: dict[int, tuple[Plain, tuple[str, ...]]] = {
    1: (last_readings, ("room", "mrn", "_time", *FIELDS)),
    2: (silent, ("room", "mrn", "silent_min")),
    3: (leaking, ("room", "mrn", "_time", "in_a_row")),
    4: (with_holes, ("_time", "_value")),
    5: (extremes, ("_time", "lowest", "mean", "highest")),
    6: (below, ("mrn", "below_s")),
    7: (desaturations, ("mrn", "_time", "below_s")),
    8: (smooth, ("_time", "_value")),
    9: (jumps, ("_time", "_value")),
    10: (correlation, ("_value",)),
    11: (ranking, ("mrn", "apneas")),
    12: (apneas_by_hour, ("_time", "mrn", "_value")),
    13: (index, ("mrn", "apneas", "minutes", "apnea_index")),
    14: (percentiles, ("mrn", "_value")),
    15: (spread, ("le", "_value")),
    16: (wide, ("_time", "5001", "5003", "5004", "X-005005")),
    17: (nights, ("_time", "_value")),
    18: (compared, ("_time", "tonight", "last_night")),
    19: (incomplete, ("_time", "room", "share")),
    20: (lengths, ("room", "mrn", "_time", "elapsed")),
}
"""The plain computation of each recipe, and the columns of its answer that say the same."""
ORDERED = (2, 4, 5, 8, 9, 11, 13, 15, 16, 17, 18)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """What was measured."""
    return House(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def kitchen(influx: Influx, house: House) -> Iterator[Ward]:
    """The same, in a bucket."""
    with influx.bucket() as bucket:
        told = influx.write(bucket, "\n".join(house.lines()), "ms")
        assert told.status_code == 204, told.text
        with Ward(Connection(Address(influx.url, influx.org, influx.token)), bucket=bucket) as ward:
            yield ward


def test_there_are_twenty_recipes() -> None:
    """Each has a plain computation, and each computation a recipe."""
    assert sorted(RECIPES) == sorted(PLAIN) == list(range(1, 21))


@pytest.mark.parametrize("number", sorted(RECIPES), ids=lambda n: f"{n}-{RECIPES[n][0].replace(' ', '-')}")
def test_a_recipe_answers_what_it_says(kitchen: Ward, house: House, number: int) -> None:
    """Rows and values agree, in order where the recipe gives one; floats to the ninth digit."""
    compute, columns = PLAIN[number]
    assert 'from(bucket: "telemetry")' in RECIPES[number][1]
    flux = RECIPES[number][1].replace('from(bucket: "telemetry")', f'from(bucket: "{kitchen.bucket}")')
    flux = re.sub(r'\A((?:import "[^"]+"\n)*)', rf"\1option now = () => {NOW.isoformat()}\n", flux, count=1)
    answer = kitchen.flux(flux).select(columns).rows()
    expected = compute(house)
    assert expected, "a recipe that finds nothing proves nothing"
    if number not in ORDERED:
        answer, expected = sorted(answer, key=str), sorted(expected, key=str)
    assert len(answer) == len(expected)
    for row, plain in zip(answer, expected, strict=True):
        assert row == tuple(pytest.approx(cell, rel=1e-9) if isinstance(cell, float) else cell for cell in plain)
