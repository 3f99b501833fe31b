"""The tutorial's own database: SQLite, a row a patient, JSON arrays in text columns, one item a reading.

Its readings have no offset: the zone of the machine that wrote them must be told. An array whose length is not that of
the timestamps cannot be placed in time, so it is left out and reported, never guessed. It kept time to the second: of
several readings of a room in one second, each later one is placed a millisecond after the one before, in every run.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from query.files.errors import SourceProblem
from query.files.local_times import NoSuchTime, WallClock, rfc3339
from query.files.sorter import Sorter
from query.files.sources import IGNORE, Row, typed

KNOWN: dict[str, tuple[str, ...]] = {
    "mrn": ("patient_mrn", "mrn", "medical_record_number", "patient_id"),
    "room": ("room_number", "room", "room_num"),
    "name": ("patient_name", "name"),
    "time": ("timestamp", "timestamps", "datetimes", "datetime", "times", "time", "date_time", "cpap_timestamp"),
    "cpap_pressure": ("cpap_pressure", "cpap_pressures", "pressure", "pressures"),
    "breath_rate": ("breath_rate", "breath_rates", "breathing_rate", "breathing_rates", "breaths_per_minute"),
    "apnea_count": ("apnea_count", "apnea_counts", "apneas", "apnea"),
    "flow_image": ("flow_image", "flow_images", "flow_image_base64", "cpap_flow_image", "flow_rate_image"),
    "leak_rate": ("leak_rate", "leak_rates", "leakage"),
    "spo2": ("spo2", "oxygen_saturation"),
}
"""The columns that are looked for, by field; case does not matter. Others are named with --column NAME=FIELD."""
SERIES = ("cpap_pressure", "breath_rate", "apnea_count", "flow_image", "leak_rate", "spo2")
FORMATS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y, %H:%M:%S", "%c")


@dataclass
class Legacy:
    """A legacy database: `columns` names its columns by field.

    After `rows`, `uneven` tells which arrays did not fit, `silent` which patients have no reading, `ambiguous` counts
    times in the hour that came twice, and `crowded` readings in a second that another reading has.
    """

    path: Path
    zone: ZoneInfo
    table: str
    columns: dict[str, str]
    uneven: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    ambiguous: int = 0
    crowded: int = 0

    def rows(self) -> Iterator[Row]:
        """The readings of all patients in the order of time, so that rooms turn over as they did; broken ones first.

        They are put in order on disk: memory holds one patient's arrays at a time, however many patients there are.
        """
        self.uneven, self.silent, self.ambiguous, self.crowded = [], [], 0, 0
        with Sorter() as sorter:
            with _opened(self.path) as database:
                asked = f"SELECT {', '.join(map(_quoted, self.columns.values()))} FROM {_quoted(self.table)}"  # noqa: S608 - quoted
                for number, cells in enumerate(database.execute(asked), 1):
                    sorter.add(self._patient(f"row {number}", dict(zip(self.columns, cells, strict=True))))
            yield from sorter.rows()

    def _patient(self, place: str, cells: Mapping[str, Any]) -> Iterator[tuple[datetime | None, Row]]:
        """The readings of one patient's row, each with its instant; None for what has none."""
        try:
            times = _array(cells["time"])
            series = {name: _array(cells[name]) for name in SERIES if name in cells}
        except ValueError as fault:
            yield None, Row(place, None, [f"an array cannot be read: {fault}"])
            return
        if not times:
            if any(series.values()):
                yield None, Row(place, None, ["has measurements and no timestamps"])
            else:
                self.silent.append(place)
            return
        for name, values in list(series.items()):
            if len(values) != len(times):
                if values:
                    self.uneven.append(
                        f"{place}: {self.columns[name]} has {len(values)} items, {len(times)} timestamps"
                    )
                del series[name]
        clock, taken = WallClock(self.zone), set[datetime]()
        for index, text in enumerate(times):
            where = f"{place}, item {index + 1}"
            try:
                instant = clock.read(_iso(text))
            except NoSuchTime as fault:
                yield None, Row(where, None, [f"time {fault}"])
                continue
            self.crowded += instant in taken
            while instant in taken:
                instant += timedelta(milliseconds=1)
            taken.add(instant)
            reading = {"room": cells["room"], "mrn": cells["mrn"], "time": rfc3339(instant)}
            if isinstance(name := cells.get("name"), str) and name.strip():
                reading["name"] = name
            measured = {name: typed(name, values[index]) for name, values in series.items()}
            reading |= {name: value for name, value in measured.items() if value is not None and value != ""}
            yield instant, Row(where, reading)
        self.ambiguous += clock.ambiguous


def open_legacy(path: Path, zone: ZoneInfo, columns: Mapping[str, str], table: str | None = None) -> Legacy:
    """Look at a database; `columns` maps its own names to fields. SourceProblem where no table holds readings."""
    with _opened(path) as database:
        try:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        except sqlite3.DatabaseError as fault:
            raise SourceProblem(f"{path.name} is no SQLite database: {fault}") from None
        if table is not None and table not in tables:
            raise SourceProblem(f"{path.name} has no table {table!r}: it has {', '.join(tables) or 'none'}")
        fitting = {}
        for name in [table] if table else tables:
            present = [row[1] for row in database.execute(f"PRAGMA table_info({_quoted(name)})")]
            found = _match(present, columns)
            if {"mrn", "room", "time"} <= set(found):
                fitting[name] = found
    if len(fitting) != 1:
        told = f"tables {', '.join(fitting)} do" if fitting else f"none of {', '.join(tables) or 'no table'} does"
        raise SourceProblem(
            f"{path.name}: one table should have columns for mrn, room and time; {told}. Name the table with --table, "
            "and columns of other names with --column NAME=FIELD"
        )
    (name, found), *_ = fitting.items()
    return Legacy(path, zone, name, found)


def _match(present: list[str], told: Mapping[str, str]) -> dict[str, str]:
    """The column of each field: as told, else by the known names."""
    lower = {column.lower(): column for column in present}
    found = {}
    for column, name in told.items():
        if name != IGNORE and column.lower() in lower:
            found[name] = lower[column.lower()]
    ignored = {column.lower() for column, name in told.items() if name == IGNORE}
    for name, candidates in KNOWN.items():
        for candidate in candidates:
            if name not in found and candidate in lower and candidate not in ignored:
                found[name] = lower[candidate]
    return found


def _opened(path: Path) -> "_Database":
    return _Database(path)


class _Database:
    """A SQLite database that is only read, and closed at the end."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise SourceProblem(f"{path} is no file")
        self._connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *told: object) -> None:
        self._connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _array(cell: Any) -> list[Any]:
    """The items of a cell: a JSON array, nothing, or one value that stands alone."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return []
    if isinstance(cell, bytes):
        cell = cell.decode("utf-8")
    if not isinstance(cell, str) or not cell.lstrip().startswith("["):
        return [cell]
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    if not isinstance(found, list):
        raise ValueError("it is no array")
    return found


def _iso(text: Any) -> str:
    """A timestamp of the tutorial's as ISO 8601, which it mostly is."""
    told = str(text).strip()
    for pattern in FORMATS:
        try:
            return datetime.strptime(told, pattern).isoformat()  # noqa: DTZ007 - its zone is told beside it
        except ValueError:
            continue
    return told
