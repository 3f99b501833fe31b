"""What an export is of: one patient's readings or a whole ward's, asked piece by piece, of patients or of strangers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from query.files.errors import ExportProblem
from query.files.pseudonyms import Pseudonyms
from query.files.tables import STAY_SCHEMA
from query.files.windows import AIM_ROWS, pieces
from query.night.readings import as_readings
from query.question import parse
from query.ward import Ward

ALL_READINGS = Path(__file__).with_name("all_readings.flux")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Selection:
    """Readings to export: of one MRN (None: of all), of `[start, stop)`, as strangers where `pseudonyms` are given."""

    mrn: str | None
    start: datetime
    stop: datetime
    pseudonyms: Pseudonyms | None = None

    def frames(self, ward: Ward, aim_rows: int = AIM_ROWS) -> Iterator[pl.DataFrame]:
        """The readings in order of time, in frames of roughly `aim_rows` rows."""
        if self.start >= self.stop:
            raise ExportProblem("the range to export ends before it begins")
        everyone = parse(ALL_READINGS.stem, ALL_READINGS.read_text("utf-8"))

        def ask(start: datetime, stop: datetime) -> pl.DataFrame:
            if self.mrn is not None:
                return as_readings(ward.readings(mrn=self.mrn, start=start, stop=stop))
            return as_readings(ward.flux(everyone.bind({"bucket": ward.bucket, "start": start, "stop": stop})))

        for frame in pieces(ask, self.start, self.stop, aim_rows):
            yield frame if self.pseudonyms is None else self.pseudonyms.apply(frame)


def first_reading(ward: Ward, mrn: str | None, stop: datetime) -> datetime | None:
    """When the earliest reading that is stored was measured; None where there is none before `stop`."""
    asked = parse("first_reading", FIRST_READING)
    values = {"bucket": ward.bucket, "mrn": mrn or "", "stop": stop}
    frame = ward.flux(asked.bind(values))
    return None if not len(frame) else frame["_time"].dt.convert_time_zone("UTC").min()  # type: ignore[return-value]


FIRST_READING = """// First reading
//
// The first points of every series of a patient, or of all: the earliest of them is when readings begin.
//
// Parameters
//   bucket: string = telemetry  bucket that holds the readings
//   mrn: string  the patient's MRN; "" means everyone
//   stop: time = now  first instant after
// Returns
//   _time: time  when it was measured
from(bucket: params.bucket)
    |> range(start: 1970-01-01T00:00:00Z, stop: params.stop)
    |> filter(fn: (r) => r._measurement == "cpap")
    |> filter(fn: (r) => params.mrn == "" or r.mrn == params.mrn)
    |> first()
    |> keep(columns: ["_time"])
"""


def stays_frame(stays: list[dict[str, str | None]], pseudonyms: Pseudonyms | None = None) -> pl.DataFrame:
    """The stays that the API told (`room`, `mrn`, `from`, `to` as RFC 3339) as a frame, by room and time."""
    rows = [{**stay, **{end: _instant(stay[end]) for end in ("from", "to")}} for stay in stays]
    frame = pl.DataFrame(rows, schema=STAY_SCHEMA).sort("from", "room")
    return frame if pseudonyms is None else pseudonyms.apply(frame)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))
