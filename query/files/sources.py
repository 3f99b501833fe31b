"""Files to import, row by row as the API's readings: CSV and Parquet, as `bedside export` writes them or near it.

Nothing is judged here but whether a row can be read: what a value may be is the front door's to say.
"""

import base64
import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from query.files.errors import SourceProblem
from query.files.local_times import NoSuchTime, WallClock, rfc3339

FLOATS = ("cpap_pressure", "breath_rate", "leak_rate", "spo2")
FIELDS = ("time", "room", "mrn", *FLOATS, "apnea_count", "mask_on", "flow_image", "name", "device")
IGNORE = "-"
DIGEST = re.compile(r"[0-9a-f]{64}")
WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
BATCH_ROWS = 5_000


@dataclass
class Row:
    """A row of a file: where it stands, the reading to post (None if it could not be read), and what was left out."""

    place: str
    reading: dict[str, Any] | None
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reader:
    """How a file is read: other names of columns (`-` ignores one), the zone of times without an offset, and the
    folder of flow images by their digest.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    zone: ZoneInfo | None = None
    images: Path | None = None

    def rows(self, path: Path) -> Iterator[Row]:
        """The rows of a CSV or Parquet file, by its ending. SourceProblem where it cannot be read as readings."""
        ending = path.suffix.lower()
        if ending not in (".csv", ".parquet"):
            raise SourceProblem(f"{path.name}: readings are imported from .csv and .parquet files")
        records = csv_records(path) if ending == ".csv" else parquet_records(path)
        names: dict[str, str] | None = None
        clock = WallClock(self.zone)
        for place, record in records:
            if names is None:
                names = self._names(path, record)
            yield self._row(place, {names[column]: value for column, value in record.items() if names[column]}, clock)

    def _names(self, path: Path, record: Mapping[str, Any]) -> dict[str, str]:
        """The field of each column, "" for one to ignore."""
        names = {column: self.columns.get(column, column) for column in record}
        names = {column: "" if name == IGNORE else name for column, name in names.items()}
        if unknown := [column for column, name in names.items() if name and name not in FIELDS]:
            raise SourceProblem(
                f"{path.name}: column {unknown[0]!r} is no field of a reading ({', '.join(FIELDS)}): name its field "
                f"with --column {unknown[0]}=FIELD, or leave it out with --column {unknown[0]}={IGNORE}"
            )
        given = [name for name in names.values() if name]
        if twice := [name for name in given if given.count(name) > 1]:
            raise SourceProblem(f"{path.name}: two columns hold {twice[0]}")
        if missing := [name for name in ("time", "room", "mrn") if name not in given]:
            raise SourceProblem(
                f"{path.name} has no column {missing[0]!r}; where it has another name, say --column NAME={missing[0]}"
            )
        return names

    def _row(self, place: str, values: dict[str, Any], clock: WallClock) -> Row:
        row = Row(place, {})
        assert row.reading is not None
        for name, value in values.items():
            if value is None or value == "":
                continue
            row.reading[name] = typed(name, value)
        try:
            moment = row.reading.get("time")
            if isinstance(moment, datetime):
                moment = moment.isoformat()
            if moment is None:
                raise NoSuchTime("is missing: a reading to import says when it was measured")
            row.reading["time"] = rfc3339(clock.read(str(moment)))
        except NoSuchTime as fault:
            return Row(place, None, [f"time {fault}"])
        if "flow_image" in row.reading:
            self._picture(row)
        return row

    def _picture(self, row: Row) -> None:
        """Put the image in the place of its digest; leave it out, and say so, where the folder does not hold it."""
        assert row.reading is not None
        told = str(row.reading["flow_image"])
        if not DIGEST.fullmatch(told):
            return
        content = None if self.images is None else image_file(self.images, told)
        if content is None:
            del row.reading["flow_image"]
            row.faults.append("flow_image left out: name the folder that holds the image with --images")
        else:
            row.reading["flow_image"] = base64.b64encode(content).decode()


def image_file(folder: Path, digest: str) -> bytes | None:
    """The image of that digest in a folder that `bedside export --images` wrote."""
    for ending in ("png", "jpg", "bin"):
        if (file := folder / f"{digest}.{ending}").is_file():
            return file.read_bytes()
    return None


def typed(name: str, value: Any) -> Any:
    """A cell of text as the JSON value that its field wants; text that is none stays text, and the API refuses it."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if name in FLOATS:
        try:
            number = float(text)
        except ValueError:
            return value
        return number if number - number == 0 else value
    if name == "apnea_count":
        if WHOLE.fullmatch(text):
            return int(text)
        return int(float(text)) if re.fullmatch(r"\d{1,6}\.0+", text, re.ASCII) else value
    if name == "mask_on":
        return {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), value)
    return text if name in ("time", "room", "mrn", "flow_image", "device") else value


def csv_records(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The records of a CSV file with a head line, each with its line. SourceProblem where a line does not fit."""
    place = "its begin"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            head = next(reader, None)
            if not head:
                raise SourceProblem(f"{path.name} is empty: its first line names the columns")
            if len(set(head)) != len(head):
                raise SourceProblem(f"{path.name}: two columns have one name")
            for cells in reader:
                if not cells:
                    continue
                place = f"line {reader.line_num}"
                if len(cells) != len(head):
                    raise SourceProblem(f"{path.name}, {place}: {len(cells)} cells where the head has {len(head)}")
                yield place, dict(zip(head, cells, strict=True))
    except UnicodeDecodeError:
        raise SourceProblem(f"{path.name} is not UTF-8 text") from None
    except csv.Error as fault:
        raise SourceProblem(f"{path.name}, after {place}: {fault}") from None
    except OSError as fault:
        raise SourceProblem(f"{path} cannot be read: {fault.strerror}") from None


def parquet_records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records of a Parquet file, each with its number, from 1."""
    try:
        with pq.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(BATCH_ROWS):
                for record in batch.to_pylist():
                    number += 1
                    yield f"row {number}", record
    except (pa.ArrowInvalid, pa.ArrowTypeError) as fault:
        raise SourceProblem(f"{path.name} is no Parquet file that can be read: {str(fault)[:200]}") from None
    except OSError as fault:
        raise SourceProblem(f"{path} cannot be read: {fault.strerror or fault}") from None
