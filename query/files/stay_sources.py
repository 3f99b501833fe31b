"""Files of stays, read: CSV and Parquet, as `bedside export stays` writes them."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from query.files.errors import SourceProblem
from query.files.local_times import NoSuchTime, WallClock
from query.files.sources import csv_records, parquet_records
from query.files.stay_imports import FiledStay
from query.files.tables import STAY_SCHEMA

MOST_STAYS = 1_000_000


def read_stays(path: Path, zone: ZoneInfo | None) -> list[FiledStay]:
    """The stays of a file; SourceProblem names the place that cannot be read. `zone` is for times without an offset."""
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise SourceProblem(f"{path.name}: stays are imported from .csv and .parquet files")
    found = []
    for place, record in csv_records(path) if ending == ".csv" else parquet_records(path):
        if missing := [column for column in STAY_SCHEMA if column not in record]:
            raise SourceProblem(f"{path.name} has no column {missing[0]!r}; stays have {', '.join(STAY_SCHEMA)}")
        if not record["room"] or not record["mrn"] or not record["from"]:
            raise SourceProblem(f"{path.name}, {place}: room, mrn and from must be told")
        start, stop = (_instant(path, place, name, record[name], zone) for name in ("from", "to"))
        assert start is not None
        if stop is not None and stop <= start:
            raise SourceProblem(f"{path.name}, {place}: a stay ends after it begins")
        found.append(FiledStay(place, str(record["room"]), str(record["mrn"]), start, stop))
        if len(found) > MOST_STAYS:
            raise SourceProblem(f"{path.name} has more than {MOST_STAYS:,} stays: bring them in by parts")
    return found


def _instant(path: Path, place: str, column: str, value: Any, zone: ZoneInfo | None) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        return WallClock(zone).read(value.isoformat() if isinstance(value, datetime) else str(value))
    except NoSuchTime as fault:
        raise SourceProblem(f"{path.name}, {place}: {column} {fault}") from None
