"""Holds the database against the ledger of a soak: every acknowledged reading once, under its patient, and none else.

All points are read back in Flux as they are stored, minute by minute, and compared field by field. A batch that was
never answered may be there or not. The stays are those that the readings say.
"""

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import servers
import soak_monitors as monitors
from soak_monitors import BATCH, FIRST_ROOM, VALUES, Ward

from query import Address, Connection

PIECE_MS = 60_000
MOST_EXAMPLES = 5
FAR_MS = 4_102_444_800_000  # 2100: the API's times end soon after
COUNTS = ("lost", "doubled", "misattributed", "altered", "unknown", "wrong stays")


@dataclass
class Verdict:
    """What was compared, and what was found to be wrong; a few `examples` in words."""

    readings: int = 0
    points: int = 0
    stays: int = 0
    wrong: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    examples: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong and something was compared."""
        return not any(self.wrong.values()) and self.readings > 0

    def find(self, kind: str, count: int, example: Callable[[], str]) -> None:
        """So many of a kind were found."""
        self.wrong[kind] += count
        if count and len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{kind}: {example()}")


@dataclass(frozen=True)
class Ledger:
    """Which batches must be there and which may be, as matrices [room, batch]."""

    must: np.ndarray
    may: np.ndarray

    @classmethod
    def of(cls, records: np.ndarray, ward: Ward) -> "Ledger":
        """From the records of the monitors; what was answered once must be there, whatever came of it later."""
        batches = int(records["batch"].max()) + 1 if len(records) else 0
        must = np.zeros((ward.rooms, batches), bool)
        may = np.zeros((ward.rooms, batches), bool)
        answered = np.isin(records["kind"], (monitors.NEW, monitors.AGAIN))
        must[records["room"][answered], records["batch"][answered]] = True
        may[records["room"][~answered], records["batch"][~answered]] = True
        return cls(must, may & ~must)


def verify(
    api: servers.Bedside, ward: Ward, records: np.ndarray, progress: Callable[[int, int], None] = lambda *_: None
) -> Verdict:
    """Compare everything; `progress` is told how many of how many minutes are done."""
    ledger, verdict = Ledger.of(records, ward), Verdict()
    numbers = ledger.must.shape[1] * BATCH
    step = PIECE_MS // ward.step_ms
    with contextlib.closing(Connection(Address(api.influx_url, servers.ORG, servers.TOKEN))) as connection:
        for start in range(0, numbers, step):
            stop = min(start + step, numbers)
            found = stored(connection, int(ward.moment_ms(start)), int(ward.moment_ms(stop)))
            compare(ward, ledger, np.arange(start, stop), found, verdict)
            progress(stop // step, -(-numbers // step))
        for start_ms, stop_ms in ((0, ward.begin_ms), (int(ward.moment_ms(numbers)), FAR_MS)):
            outside = sum(map(len, stored(connection, start_ms, stop_ms).values()))
            verdict.find("unknown", outside, lambda: "points outside of the time of the soak")
    for room in range(ward.rooms):
        told = json.loads(servers.get(f"{api.url}/v1/rooms/{FIRST_ROOM + room}/stays"))["stays"]
        compare_stays(ward, ledger, room, told, verdict)
    return verdict


def stored(connection: Connection, start_ms: int, stop_ms: int) -> dict[str, pl.DataFrame]:
    """The points of `[start_ms, stop_ms)` by field, as they are stored: time (ms), room, mrn, value."""
    flux = (
        f'from(bucket: "{servers.BUCKET}") |> range(start: {instant(start_ms)}, stop: {instant(stop_ms)})'
        ' |> filter(fn: (r) => r._measurement == "cpap") |> drop(columns: ["_start", "_stop", "_measurement"])'
    )
    frames = [
        tables.frame.select(
            pl.col("_field"),
            pl.col("_time").dt.timestamp("ms").alias("time"),
            pl.col("room").cast(pl.Int64),
            pl.col("mrn").cast(pl.Int64),
            pl.col("_value").cast(pl.Float64).alias("value"),
        )
        for tables in connection.ask(flux)
    ]
    if not frames:
        return {}
    parts = pl.concat(frames).partition_by("_field", as_dict=True)
    return {str(name): part.drop("_field") for (name,), part in parts.items()}


def instant(ms: int) -> str:
    """An instant as Flux writes it."""
    return f"time(v: {ms * 1_000_000})"


def compare(ward: Ward, ledger: Ledger, numbers: np.ndarray, found: dict[str, pl.DataFrame], verdict: Verdict) -> None:
    """Hold the points of these readings of every room against the ledger."""
    must, may = ledger.must[:, numbers // BATCH], ledger.may[:, numbers // BATCH]
    rooms = np.arange(ward.rooms)[:, None]
    mrns, places = ward.mrn(rooms, numbers), monitors.place(rooms, numbers)
    there = np.zeros((len(VALUES), *must.shape), np.int64)
    altered = np.zeros(must.shape, bool)

    def words(wrong: np.ndarray) -> Callable[[], str]:
        room, at = np.argwhere(wrong)[0] if wrong.any() else (0, 0)
        return lambda: f"room {FIRST_ROOM + room}, reading {numbers[at]}"

    for place, (name, values) in enumerate(VALUES.items()):
        points = found.pop(name, None)
        if points is None:
            continue
        verdict.points += len(points)
        room, at = points["room"].to_numpy() - FIRST_ROOM, points["time"].to_numpy() - ward.moment_ms(numbers[0])
        known = (room >= 0) & (room < ward.rooms) & (at % ward.step_ms == 0)
        verdict.find("unknown", int((~known).sum()), lambda name=name: f"{name} of a foreign room or time")
        room, number = room[known], (at // ward.step_ms)[known]
        np.add.at(there[place], (room, number), 1)
        others = points["mrn"].to_numpy()[known] != mrns[room, number]
        verdict.find("misattributed", int(others.sum()), lambda name=name: f"{name} is under another patient")
        altered[room, number] |= points["value"].to_numpy()[known] != values[places[room, number]]
    for name, points in found.items():
        verdict.find("unknown", len(points), lambda name=name: f"the field {name}, which none was sent of")
    lost = must & ~there.any(axis=0)
    doubled, unknown = (there > 1).any(axis=0), there.any(axis=0) & ~must & ~may
    altered |= there.any(axis=0) & ~there.all(axis=0)
    verdict.readings += int(must.sum())
    kinds = {"lost": lost, "doubled": doubled, "unknown": unknown, "altered": altered & ~unknown}
    for kind, wrong in kinds.items():
        verdict.find(kind, int(wrong.sum()), words(wrong))


def compare_stays(ward: Ward, ledger: Ledger, room: int, told: list[dict], verdict: Verdict) -> None:
    """A stay begins with the first reading of its patient that was not held back, and ends where the next begins."""
    if ledger.may[room].any():
        return  # only the server knows whether that batch moved the room
    batches = np.flatnonzero(ledger.must[room])
    in_turn = batches[[not monitors.held(room, int(batch)) for batch in batches]]
    numbers = (in_turn[:, None] * BATCH + np.arange(BATCH)).ravel()
    mrns, first = np.unique(ward.mrn(np.full(len(numbers), room), numbers), return_index=True)
    begins = [int(ms) for ms in ward.moment_ms(numbers[first])]
    want = list(zip(map(str, mrns), begins, [*begins[1:], None], strict=True))
    found = [(stay["mrn"], ms_of(stay["from"]), ms_of(stay["to"])) for stay in told]
    verdict.stays += len(want)
    wrong = len(set(want) ^ set(found)) or int(want != found)
    verdict.find("wrong stays", wrong, lambda: f"room {FIRST_ROOM + room}")


def ms_of(text: str | None) -> int | None:
    """An instant of the API in milliseconds."""
    if text is None:
        return None
    return round(np.datetime64(text.removesuffix("Z"), "ms").astype(np.int64).item())
