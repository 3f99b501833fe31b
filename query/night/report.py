"""All that a patient's night report tells: the figures, who and where, the flow images, and the curves to draw."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from query.night.bounds import night_bounds
from query.night.coverage import DEFAULT_INTERVAL_S, cover
from query.night.figures import Figures, night_figures

MOST_IMAGES = 3
"""A sheet of A4 has room for so many flow images; the report counts the others."""


@dataclass(frozen=True)
class Stay:
    """Where a patient lay, `[start, stop)`; `stop` is None while the patient lies there."""

    room: str
    start: datetime
    stop: datetime | None


@dataclass(frozen=True)
class FlowImage:
    """A flow image of the night: when it was measured, its SHA-256, and its bytes where they could be had."""

    time: datetime
    sha256: str
    content: bytes | None = None


@dataclass(frozen=True)
class NightReport:
    """A night report. `name` is None where it is not known or not to be told; `covered` is the frame of `cover`."""

    mrn: str
    name: str | None
    figures: Figures
    stays: tuple[Stay, ...]
    images: tuple[FlowImage, ...]
    covered: pl.DataFrame
    printed: datetime
    interval_s: float = DEFAULT_INTERVAL_S

    @property
    def zone(self) -> ZoneInfo:
        """The ward's time zone."""
        return ZoneInfo(self.figures.zone)

    def document(self) -> dict[str, Any]:
        """The report as JSON: `figures` has the names, units and meanings of `Figures`; times are RFC 3339."""
        figures = asdict(self.figures)
        figures["sessions"] = [{"from": _text(start), "to": _text(stop)} for start, stop in self.figures.sessions]
        told = {name: _text(value) if isinstance(value, date) else value for name, value in figures.items()}
        return {
            "mrn": self.mrn,
            "name": self.name,
            "missing": self.figures.missing,
            "interval_s": self.interval_s,
            "figures": told,
            "stays": [
                {"room": stay.room, "from": _text(stay.start), "to": _text(stay.stop) if stay.stop else None}
                for stay in self.stays
            ],
            "flow_images": [{"time": _text(image.time), "sha256": image.sha256} for image in self.images],
            "printed": _text(self.printed),
        }


def night_report(
    readings: pl.DataFrame,
    night: date,
    zone: ZoneInfo,
    *,
    mrn: str,
    name: str | None = None,
    stays: tuple[Stay, ...] = (),
    printed: datetime,
    interval_s: float = DEFAULT_INTERVAL_S,
) -> NightReport:
    """The report of one patient's night.

    `readings` are that patient's, with the columns of `SCHEMA` and sorted by time, from `reach(interval_s)` before the
    night to as long after it; `stays` are cut down to those that touch the night.
    """
    start, stop = night_bounds(night, zone)
    pictured = readings.filter(
        pl.col("flow_image").is_not_null(), pl.col("time").is_between(start, stop, closed="left")
    )
    return NightReport(
        mrn=mrn,
        name=name,
        figures=night_figures(readings, night, zone, interval_s),
        stays=tuple(stay for stay in stays if stay.start < stop and (stay.stop is None or stay.stop > start)),
        images=tuple(FlowImage(row["time"], row["flow_image"]) for row in pictured.iter_rows(named=True)),
        covered=cover(readings, start, stop, interval_s),
        printed=printed,
        interval_s=interval_s,
    )


def _text(instant: date) -> str:
    """RFC 3339; a date as a date."""
    return instant.isoformat().replace("+00:00", "Z")
