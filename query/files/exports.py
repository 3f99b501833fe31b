"""What an export is of: one patient's readings or a whole ward's, asked piece by piece, of patients or of strangers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from query.files.errors import ExportProblem
from query.files.pseudonyms import Pseudonyms
from query.files.tables import STAY_SCHEMA
from query.files.windows import AIM_ROWS, pieces
from query.night.readings import UTC_MS, as_readings
from query.question import Question, parse
from query.ward import Ward

HERE = Path(__file__).parent


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
        everyone = _bundled("all_readings")

        def ask(start: datetime, stop: datetime) -> pl.DataFrame:
            if self.mrn is not None:
                return as_readings(ward.readings(mrn=self.mrn, start=start, stop=stop))
            return as_readings(ward.flux(everyone.bind({"bucket": ward.bucket, "start": start, "stop": stop})))

        for frame in pieces(ask, self.start, self.stop, aim_rows):
            yield frame if self.pseudonyms is None else self.pseudonyms.apply(frame)


def extents(
    ward: Ward, mrn: str | None, start: datetime | None, stop: datetime
) -> dict[str, tuple[datetime, datetime]]:
    """The times of the first and the last reading of each patient (or of that one) in `[start, stop)`, by MRN."""
    asked = _bundled("extents")
    frame = ward.flux(asked.bind({"bucket": ward.bucket, "mrn": mrn, "start": start, "stop": stop}))
    if not len(frame):
        return {}
    time = pl.col("_time").dt.convert_time_zone("UTC").cast(UTC_MS)
    found = frame.group_by("mrn").agg(time.min().alias("first"), time.max().alias("last")).sort("mrn")
    return {mrn: (first, last) for mrn, first, last in found.select("mrn", "first", "last").iter_rows()}


def _bundled(name: str) -> Question:
    """A question that only exports ask, from the file beside this one."""
    return parse(name, (HERE / f"{name}.flux").read_text("utf-8"))


def stays_frame(stays: list[dict[str, str | None]], pseudonyms: Pseudonyms | None = None) -> pl.DataFrame:
    """The stays that the API told (`room`, `mrn`, `from`, `to` as RFC 3339) as a frame, by room and time."""
    rows = [{**stay, **{end: _instant(stay[end]) for end in ("from", "to")}} for stay in stays]
    frame = pl.DataFrame(rows, schema=STAY_SCHEMA).sort("from", "room")
    return frame if pseudonyms is None else pseudonyms.apply(frame)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))
