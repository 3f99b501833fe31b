"""The night's curves as one SVG: when readings came and the mask was on, then each measurement on one axis of time.

A curve is a step a reading over the stretch that it covers, and breaks where nothing is known: a line across a gap
would show what nobody measured. Colours are of Okabe and Ito's palette, told apart with any colour vision.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

import polars as pl

from query.night.figures import LARGE_LEAK_L_MIN, LOW_SPO2_PERCENT
from query.night.report import NightReport

WIDTH, LEFT, RIGHT = 720, 76, 18
STRIP, PANEL, GAP, AXIS = 12, 74, 12, 16
MOST_POINTS = 1500
"""More steps than this cannot be told apart on the page: each pixel shows its lowest and highest value then."""
GRID, INK, FAINT = "#d9dde2", "#2b2f36", "#6b7280"
BLUE, ORANGE, GREEN, VERMILION, PURPLE = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7"


@dataclass(frozen=True)
class Panel:
    """One measurement: its column, label and unit, the least range of its axis, a threshold, and its colour."""

    column: str
    label: str
    unit: str
    low: float
    high: float
    colour: str
    threshold: float | None = None


PANELS = (
    Panel("cpap_pressure", "Pressure", "cmH₂O", 0, 15, BLUE),
    Panel("leak_rate", "Leak", "L/min", 0, 40, ORANGE, LARGE_LEAK_L_MIN),
    Panel("spo2", "SpO₂", "%", 84, 100, VERMILION, LOW_SPO2_PERCENT),
    Panel("breath_rate", "Breath rate", "/min", 8, 24, GREEN),
)


def chart(report: NightReport) -> str:
    """The SVG, `WIDTH` pixels wide; it needs no style sheet, script or font of its own."""
    start, stop = report.figures.start, report.figures.stop
    parts = list(_strip(report, start, stop))
    top = STRIP + AXIS + GAP
    begin, end = _window(report)
    bottom = top + (PANEL + GAP) * (len(PANELS) + 1)
    parts += _time_axis(report, begin, end, top, bottom - GAP)
    for panel in PANELS:
        parts += _curve(report.covered, panel, begin, end, top)
        top += PANEL + GAP
    parts += _apneas(report.covered, begin, end, top)
    height = bottom + AXIS
    told = "Pressure, leak, oxygen saturation, breath rate and apneas over the night"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{told}" font-family="Inter, Helvetica, Arial, sans-serif" font-size="9">'
        + "".join(parts)
        + "</svg>"
    )


def _window(report: NightReport) -> tuple[datetime, datetime]:
    """What the curves show: the hours in which the mask was on, whole hours of the wall clock; else the whole night."""
    of = report.figures
    if not of.sessions:
        return of.start, of.stop
    hour = timedelta(hours=1)
    begin, end = of.sessions[0][0], of.sessions[-1][1]
    begin -= timedelta(
        minutes=begin.astimezone(report.zone).minute, seconds=begin.second, microseconds=begin.microsecond
    )
    past = timedelta(minutes=end.astimezone(report.zone).minute, seconds=end.second, microseconds=end.microsecond)
    end = end - past + hour if past else end
    return max(of.start, begin), min(of.stop, end)


def _scale(begin: datetime, end: datetime) -> Callable[[datetime], float]:
    whole = (end - begin).total_seconds()
    return lambda instant: LEFT + (WIDTH - LEFT - RIGHT) * (instant - begin).total_seconds() / whole


def _strip(report: NightReport, start: datetime, stop: datetime) -> Iterator[str]:
    """The whole night as one bar: mask on, mask off, nothing known."""
    x = _scale(start, stop)
    yield _text(0, STRIP - 3, "Mask", weight="bold")
    yield f'<rect x="{LEFT}" y="0" width="{WIDTH - LEFT - RIGHT}" height="{STRIP}" fill="#fff" stroke="{GRID}"/>'
    runs = (
        report.covered.with_columns(
            ((pl.col("from") != pl.col("to").shift(1)) | (pl.col("worn") != pl.col("worn").shift(1)))
            .fill_null(True)
            .cum_sum()
            .alias("run")
        )
        .group_by("run", maintain_order=True)
        .agg(pl.col("from").min(), pl.col("to").max(), pl.col("worn").first())
    )
    for row in runs.iter_rows(named=True):
        left, right = x(row["from"]), x(row["to"])
        fill = BLUE if row["worn"] else "#c3cad3"
        yield f'<rect x="{left:.1f}" y="0" width="{max(0.4, right - left):.1f}" height="{STRIP}" fill="{fill}"/>'
    y = STRIP + 12
    for place, instant in ((LEFT, start), (WIDTH - RIGHT, stop)):
        anchor = "start" if place == LEFT else "end"
        yield _text(place, y, f"{instant.astimezone(report.zone):%d %b %H:%M}", anchor)
    middle = LEFT + 180
    for at, (fill, word) in enumerate(((BLUE, "mask on"), ("#c3cad3", "mask off"), ("#fff", "no readings"))):
        yield f'<rect x="{middle + 90 * at}" y="{y - 7}" width="9" height="7" fill="{fill}" stroke="{GRID}"/>'
        yield _text(middle + 90 * at + 13, y, word)


def _time_axis(report: NightReport, begin: datetime, end: datetime, top: float, bottom: float) -> Iterator[str]:
    """A line for each hour of the wall clock, or each second or third one where there are many."""
    x = _scale(begin, end)
    total_h = (end - begin).total_seconds() / 3600
    every = 1 if total_h <= 12 else 2
    instant = begin
    while instant <= end:
        shown = instant.astimezone(report.zone)
        if shown.hour % every == 0:
            yield f'<path d="M{x(instant):.1f} {top}V{bottom}" stroke="{GRID}" stroke-width="0.6"/>'
            yield _text(x(instant), bottom + 12, f"{shown:%H:%M}", "middle")
        instant += timedelta(hours=1)


def _curve(covered: pl.DataFrame, panel: Panel, begin: datetime, end: datetime, top: float) -> Iterator[str]:
    """One panel: frame, scale, threshold, and the steps."""
    known = covered.filter(pl.col(panel.column).is_not_null(), pl.col("to") > begin, pl.col("from") < end)
    values = known[panel.column]
    low, high = _range(panel, values)
    x = _scale(begin, end)

    def y(value: float) -> float:
        return top + PANEL * (high - value) / (high - low)

    yield from _frame(panel.label, panel.unit, low, high, top)
    if panel.threshold is not None:
        at = y(panel.threshold)
        yield f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="{FAINT}" stroke-dasharray="3 3" stroke-width="0.8"/>'
        yield _text(WIDTH - RIGHT - 2, at - 2, f"{panel.threshold:g} {panel.unit}", "end")
    path, last = [], None
    for since, until, value in _steps(known, panel.column, begin, end):
        left, right, height = x(since), x(until), y(value)
        path.append(f"V{height:.1f}H{right:.1f}" if since == last else f"M{left:.1f} {height:.1f}H{right:.1f}")
        last = until
    if path:
        yield f'<path d="{"".join(path)}" fill="none" stroke="{panel.colour}" stroke-width="1"/>'
    else:
        yield _text((LEFT + WIDTH) / 2, top + PANEL / 2 + 3, "not measured", "middle")


def _range(panel: Panel, values: pl.Series) -> tuple[float, float]:
    """The panel's own range, widened in whole fives to hold every value."""
    low, high = panel.low, panel.high
    if len(values):
        least, most = float(values.min()), float(values.max())  # type: ignore[arg-type]
        low = min(low, 5 * (least // 5))
        high = max(high, -5 * (-most // 5))
    return low, high


def _steps(
    known: pl.DataFrame, column: str, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, float]]:
    """(from, to, value) of each step; where there are too many, the lowest and the highest value of each pixel."""
    if len(known) > MOST_POINTS:
        width = (end - begin) / (WIDTH - LEFT - RIGHT)
        pixel = ((pl.col("to") - begin).dt.total_milliseconds() // (width / timedelta(milliseconds=1))).alias("pixel")
        ends = known.group_by(pixel, maintain_order=True).agg(
            pl.col("from").min(),
            pl.col("to").max(),
            pl.col(column).min().alias("low"),
            pl.col(column).max().alias("high"),
        )
        for row in ends.iter_rows(named=True):
            middle = row["from"] + (row["to"] - row["from"]) / 2
            yield row["from"], middle, row["low"]
            yield middle, row["to"], row["high"]
        return
    for since, until, value in known.select("from", "to", column).iter_rows():
        yield max(since, begin), min(until, end), value


def _apneas(covered: pl.DataFrame, begin: datetime, end: datetime, top: float) -> Iterator[str]:
    """Apneas in each ten minutes as bars."""
    counted = (
        covered.filter(pl.col("time") > begin, pl.col("time") <= end)
        .group_by_dynamic("time", every="10m", closed="right", label="left")
        .agg(pl.col("apnea_count").sum())
    )
    most = int(counted["apnea_count"].max() or 0)  # type: ignore[arg-type]
    high = max(5, most)
    x = _scale(begin, end)
    yield from _frame("Apneas", "in 10 min", 0, high, top)
    for since, count in counted.iter_rows():
        if count:
            left, right = x(max(since, begin)), x(min(since + timedelta(minutes=10), end))
            tall = PANEL * count / high
            place = f'x="{left:.1f}" y="{top + PANEL - tall:.1f}" width="{max(0.5, right - left - 1):.1f}"'
            yield f'<rect {place} height="{tall:.1f}" fill="{PURPLE}"/>'


def _frame(label: str, unit: str, low: float, high: float, top: float) -> Iterator[str]:
    yield f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{PANEL}" fill="none" stroke="{GRID}"/>'
    yield _text(0, top + 10, label, weight="bold")
    yield _text(0, top + 21, unit)
    yield _text(LEFT - 5, top + 8, f"{high:g}", "end")
    yield _text(LEFT - 5, top + PANEL, f"{low:g}", "end")


def _text(x: float, y: float, text: str, anchor: str = "start", weight: str = "normal") -> str:
    colour = INK if weight == "bold" else FAINT
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-weight="{weight}" fill="{colour}">{escape(text)}</text>'
