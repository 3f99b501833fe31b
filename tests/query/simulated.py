"""A random ward of the simulator as a ledger, and the plain computation over that ledger that answers are held against.

Nothing here uses the package under test: loops over lists, integers in milliseconds, and zoneinfo.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from simulator.ledger import Account, Ledger, load
from simulator.physiology import Night, noon_before
from simulator.reading import Reading, Value
from simulator.ward import Ward

FIELDS = ("cpap_pressure", "breath_rate", "apnea_count", "leak_rate", "spo2", "mask_on", "flow_image")


@dataclass(frozen=True)
class Plan:
    """What to simulate: `gaps` are (first, last) instants without readings; `maskless` devices do not tell the mask."""

    seed: int
    rooms: int
    start_ms: int
    end_ms: int
    interval_ms: int
    noon_hour: float
    gaps: tuple[tuple[int, int], ...]
    maskless: bool


@dataclass(frozen=True)
class Row:
    """A reading of the ledger."""

    time_ms: int
    room: str
    mrn: str
    fields: dict[str, Value]


@dataclass(frozen=True)
class Covered:
    """The stretch that a reading stands for, and whether the mask was on."""

    from_ms: int
    to_ms: int
    worn: bool
    fields: dict[str, Value]


def simulate(plan: Plan, path: Path) -> Account:
    """Let the ward's monitors measure, enter everything as acknowledged, and read the ledger back."""
    ward = Ward(plan.seed, plan.rooms, plan.start_ms, noon_hour=plan.noon_hour)
    ledger = Ledger(path)
    nights: dict[tuple[str, int], Night] = {}
    for room in ward.rooms:
        readings = []
        for at_ms in range(plan.start_ms, plan.end_ms, plan.interval_ms):
            if any(first <= at_ms < last for first, last in plan.gaps):
                continue
            mrn = ward.stay_at(room, at_ms).patient.mrn
            noon_ms = noon_before(at_ms, plan.noon_hour)
            night = nights.get((mrn, noon_ms)) or nights.setdefault((mrn, noon_ms), Night(plan.seed, mrn, noon_ms))
            fields = dict(night.sample(at_ms, plan.interval_ms))
            if plan.maskless:
                del fields["mask_on"]
            readings.append(Reading(room, mrn, at_ms, at_ms, fields, "device"))
        number = ledger.sent(readings)
        ledger.acknowledged(number, [(index, reading.at_ms, []) for index, reading in enumerate(readings)])
    ledger.close()
    return load(path)


def rows(account: Account) -> list[Row]:
    """The acknowledged readings, by time."""
    found = [Row(e.time_ms or 0, e.room, e.mrn, e.acknowledged) for e in account.acknowledged()]
    return sorted(found, key=lambda row: (row.time_ms, row.room))


def lines(account: Account) -> Iterator[str]:
    """The points that the ledger's readings are, in milliseconds."""
    for row in rows(account):
        fields = []
        for name in FIELDS:
            value = row.fields.get(name)
            if isinstance(value, bool):
                fields.append(f"{name}={'true' if value else 'false'}")
            elif isinstance(value, str):
                fields.append(f'{name}="{value}"')
            elif isinstance(value, int):
                fields.append(f"{name}={value}i")
            elif value is not None:
                fields.append(f"{name}={value!r}")
        yield f"cpap,mrn={row.mrn},room={row.room} {','.join(fields)} {row.time_ms}"


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970."""
    return round(instant.timestamp() * 1000)


def night_of(time_ms: int, zone: ZoneInfo) -> date:
    """The night of an instant by the clock on the wall."""
    local = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(zone)
    return local.date() if local.hour >= 12 else local.date() - timedelta(days=1)


def bounds(night: date, zone: ZoneInfo) -> tuple[int, int]:
    """Noon and the next noon on the wall, in milliseconds."""
    first = datetime.combine(night, time(12), zone)
    return to_ms(first), to_ms(datetime.combine(night + timedelta(days=1), time(12), zone))


def cover(readings: list[Row], start_ms: int, stop_ms: int, interval_ms: int) -> list[Covered]:
    """(previous, t], three intervals at most, cut at both ends; nothing of no length."""
    found = []
    previous = None
    for row in readings:
        begin = row.time_ms - 3 * interval_ms
        begin = begin if previous is None else max(begin, previous)
        previous = row.time_ms
        from_ms, to = max(begin, start_ms), min(row.time_ms, stop_ms)
        pressure = row.fields.get("cpap_pressure")
        worn = row.fields.get("mask_on", pressure is not None and float(pressure) >= 4.0)
        if to > from_ms:
            found.append(Covered(from_ms, to, bool(worn), row.fields))
    return found


def length_ms(stretches: list[Covered]) -> int:
    """How long they are together."""
    return sum(stretch.to_ms - stretch.from_ms for stretch in stretches)


def percentile(stretches: list[Covered], field: str, percent: int) -> float | None:
    """The least value that was not exceeded for that part of the time."""
    weights: dict[float, int] = {}
    for stretch in stretches:
        if field in stretch.fields:
            value = float(stretch.fields[field])
            weights[value] = weights.get(value, 0) + stretch.to_ms - stretch.from_ms
    whole, reached = sum(weights.values()), 0
    for value in sorted(weights):
        reached += weights[value]
        if reached * 100 >= whole * percent:
            return value
    return None


def windows(readings: list[Row], field: str, every_ms: int) -> dict[int, list[float]]:
    """The values of each window, which begins at a multiple of its width since 1970."""
    found: dict[int, list[float]] = {}
    for row in readings:
        if field in row.fields:
            found.setdefault(row.time_ms // every_ms * every_ms, []).append(float(row.fields[field]))
    return found
