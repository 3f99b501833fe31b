"""The report's figures in the words and units that people read: one list for the page and the sheet."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from query.night.figures import LARGE_LEAK_L_MIN, LOW_SPO2_PERCENT, Figures
from query.night.report import NightReport

NOTHING = "–"
MOST_LINES, MOST_SESSIONS = 5, 8
"""A sheet of A4 has room for so many stays and sessions; the report counts the others."""
CMS_RULE = "4 hours or more on 70 % of nights in any 30 consecutive days within the first 90 of therapy"
DISCLAIMER = "Not for active patient monitoring, nor for setting a device. Definitions: docs/night-report.md."


@dataclass(frozen=True)
class Figure:
    """One figure as text: its label, value with unit, and what it is to be read with."""

    label: str
    value: str
    note: str = ""


def headline(report: NightReport) -> tuple[Figure, ...]:
    """The four figures that are looked at first."""
    of = report.figures
    return (
        Figure("Usage", NOTHING if of.missing else hours(of.usage_s), _sessions(of)),
        Figure("Apnea index", number(of.apnea_index, "/h"), _apneas(of)),
        Figure("Leak, 95th percentile", number(of.leak_p95, "L/min"), f"large above {LARGE_LEAK_L_MIN:.0f} L/min"),
        Figure("SpO₂, lowest", number(of.spo2_min, "%"), _below(of)),
    )


def details(report: NightReport) -> tuple[Figure, ...]:
    """The other figures."""
    of = report.figures
    return (
        Figure("Pressure, median", number(of.pressure_median, "cmH₂O")),
        Figure("Pressure, 95th percentile", number(of.pressure_p95, "cmH₂O")),
        Figure("Leak, median", number(of.leak_median, "L/min")),
        Figure(
            "Large leak",
            minutes(of.large_leak_s) if of.leak_covered_s else NOTHING,
            f"above {LARGE_LEAK_L_MIN:.0f} L/min{_share(of.large_leak_s, of.leak_covered_s)}",
        ),
        Figure("Breath rate, median", number(of.breath_rate_median, "/min"), _breath_range(of)),
        Figure("SpO₂ known for", hours(of.spo2_covered_s) if of.spo2_covered_s else NOTHING),
        Figure("Readings cover", hours(of.covered_s), f"{100 * of.coverage:.0f} % of the night"),
        Figure("Readings", f"{of.readings}", f"at intervals of {report.interval_s:g} s"),
    )


def statement(report: NightReport) -> str:
    """What must be known before any figure is read; "" where there is nothing of that kind."""
    of = report.figures
    told = []
    if report.printed < of.stop:
        told.append("This night is not over: the figures are those of its readings until now.")
    if of.missing:
        told.append("No readings: nothing is known about this night. That is no proof that the mask was not worn.")
    elif not of.usage_s:
        told.append("The mask was not worn in any stretch of time that readings cover.")
    return " ".join(told)


def title(report: NightReport) -> str:
    """The night as people name it."""
    of = report.figures
    return f"Night of {of.start.astimezone(report.zone):%A, %d %B %Y}"


def span(report: NightReport) -> str:
    """From when to when, with the offset where the clock changes, and how long."""
    of = report.figures
    length_h = (of.stop - of.start).total_seconds() / 3600
    changes = "" if length_h == 24 else f" (the clock changes: {length_h:g} hours)"
    return f"{local(of.start, report.zone)} to {local(of.stop, report.zone)}, {of.zone}{changes}"


def stay_lines(report: NightReport) -> tuple[str, ...]:
    """Where the patient lay that night, a line a stay; the first ones where there are many."""
    lines = []
    for stay in report.stays[:MOST_LINES]:
        until = f"to {local(stay.stop, report.zone)}" if stay.stop else "and still there"
        lines.append(f"Room {stay.room}: from {local(stay.start, report.zone)} {until}")
    if (more := len(report.stays) - MOST_LINES) > 0:
        lines.append(f"and {more} more")
    return tuple(lines) or ("No stay is known for this night.",)


def session_line(report: NightReport) -> str:
    """Every session by the clock; the first ones where there are many."""
    shown = [
        f"{start.astimezone(report.zone):%H:%M}–{stop.astimezone(report.zone):%H:%M}"
        for start, stop in report.figures.sessions
    ]
    more = f" and {len(shown) - MOST_SESSIONS} more" if len(shown) > MOST_SESSIONS else ""
    return ", ".join(shown[:MOST_SESSIONS]) + more or "none"


def local(instant: datetime, zone: ZoneInfo) -> str:
    """A moment by the ward's clock, with its date."""
    return f"{instant.astimezone(zone):%d %b %H:%M}"


def number(value: float | None, unit: str) -> str:
    """A figure to one decimal with its unit."""
    return NOTHING if value is None else f"{value:.1f} {unit}".replace(" /", "/")


def hours(seconds: float) -> str:
    """A time as hours and minutes, to the minute."""
    whole = round(seconds / 60)
    return f"{whole // 60} h {whole % 60:02d} min"


def minutes(seconds: float) -> str:
    """A time in minutes."""
    return f"{seconds / 60:.0f} min" if seconds >= 60 or not seconds else f"{seconds:.0f} s"


def _sessions(of: Figures) -> str:
    if of.missing:
        return "no readings"
    count = len(of.sessions)
    return f"in {count} session{'' if count == 1 else 's'}"


def _apneas(of: Figures) -> str:
    return "no readings" if of.missing else f"{of.apneas} apnea{'' if of.apneas == 1 else 's'}; this is no AHI"


def _below(of: Figures) -> str:
    if not of.spo2_covered_s:
        return "not measured"
    share = _share(of.spo2_below_90_s, of.spo2_covered_s)
    return f"{minutes(of.spo2_below_90_s)} below {LOW_SPO2_PERCENT:.0f} %{share}"


def _share(part_s: float, whole_s: float) -> str:
    """Which part of the time for which a measurement is known that is; "" where none is."""
    if not part_s or not whole_s:
        return ""
    percent = 100 * part_s / whole_s
    return f" ({percent:.0f} %)" if percent >= 1 else " (< 1 %)"


def _breath_range(of: Figures) -> str:
    if of.breath_rate_p5 is None or of.breath_rate_p95 is None:
        return ""
    return f"5 % to 95 %: {of.breath_rate_p5:.1f} to {of.breath_rate_p95:.1f}"
