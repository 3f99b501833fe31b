"""The numbers of one patient's night, by the contract's definitions; formulas and sources in docs/night-report.md."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from query.night.bounds import night_bounds
from query.night.coverage import DEFAULT_INTERVAL_S, cover, reach, usage_ms, weighted_percentile

LARGE_LEAK_L_MIN = 24.0
"""More unintentional leak than this is a large leak (`conventions.LARGE_LEAK`)."""
LOW_SPO2_PERCENT = 90.0
"""Saturation below this counts for T90, the time below 90 % (`conventions.T90`)."""
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Figures:
    """A night's figures. Times end in `_s` (seconds); None is a figure that nothing was measured for.

    `start`, `stop` bound the night, `readings` were measured within it, `covered_s` is the time that readings stand
    for and `coverage` its share of the night (0 to 1). `usage_s` is covered time with the mask on, `sessions` its
    unbroken stretches. `apnea_index` is apneas per hour of usage: without hypopneas no AHI. Pressure (cmH2O), leak
    (L/min) and breath rate (/min) are percentiles weighted by time while the mask is on; SpO2 (%) counts with the mask
    off, too, and `spo2_covered_s` is the time for which it is known.
    """

    night: date
    zone: str
    start: datetime
    stop: datetime
    readings: int
    covered_s: float
    coverage: float
    usage_s: float
    sessions: tuple[tuple[datetime, datetime], ...]
    apneas: int
    apnea_index: float | None
    pressure_median: float | None
    pressure_p95: float | None
    leak_median: float | None
    leak_p95: float | None
    leak_covered_s: float
    large_leak_s: float
    spo2_min: float | None
    spo2_covered_s: float
    spo2_below_90_s: float
    breath_rate_median: float | None
    breath_rate_p5: float | None
    breath_rate_p95: float | None

    @property
    def missing(self) -> bool:
        """Whether no reading tells anything about that night."""
        return self.covered_s == 0


def night_figures(
    readings: pl.DataFrame, night: date, zone: ZoneInfo, interval_s: float = DEFAULT_INTERVAL_S
) -> Figures:
    """The figures of one patient's night from readings that reach `reach(interval_s)` beyond both its ends.

    `readings` has the columns of `SCHEMA`, sorted by time; those further away do not change the result.
    """
    start, stop = night_bounds(night, zone)
    around = reach(interval_s)
    near = readings.filter(pl.col("time").is_between(start - around, stop + around))
    covered = cover(near, start, stop, interval_s)
    within = near.filter(pl.col("time").is_between(start, stop, closed="left"))
    worn = covered.filter("worn")
    usage = usage_ms(covered)
    apneas = int(within["apnea_count"].sum())
    known_ms = int(covered["covered_ms"].sum())
    saturation = covered.filter(pl.col("spo2").is_not_null())
    return Figures(
        night=night,
        zone=str(zone),
        start=start,
        stop=stop,
        readings=len(within),
        covered_s=known_ms / 1000,
        coverage=known_ms / ((stop - start) // timedelta(milliseconds=1)),
        usage_s=usage / 1000,
        sessions=sessions(worn),
        apneas=apneas,
        apnea_index=apneas * HOUR_MS / usage if usage else None,
        pressure_median=_percentile(worn, "cpap_pressure", 50),
        pressure_p95=_percentile(worn, "cpap_pressure", 95),
        leak_median=_percentile(worn, "leak_rate", 50),
        leak_p95=_percentile(worn, "leak_rate", 95),
        leak_covered_s=_seconds(worn.filter(pl.col("leak_rate").is_not_null())),
        large_leak_s=_seconds(worn.filter(pl.col("leak_rate") > LARGE_LEAK_L_MIN)),
        spo2_min=_least(saturation["spo2"]),
        spo2_covered_s=_seconds(saturation),
        spo2_below_90_s=_seconds(saturation.filter(pl.col("spo2") < LOW_SPO2_PERCENT)),
        breath_rate_median=_percentile(worn, "breath_rate", 50),
        breath_rate_p5=_percentile(worn, "breath_rate", 5),
        breath_rate_p95=_percentile(worn, "breath_rate", 95),
    )


def sessions(worn: pl.DataFrame) -> tuple[tuple[datetime, datetime], ...]:
    """The unbroken stretches of usage, (from, to) in UTC: one ends where the mask is off or nothing is known."""
    runs = (
        worn.with_columns((pl.col("from") != pl.col("to").shift(1)).fill_null(True).cum_sum().alias("run"))
        .group_by("run", maintain_order=True)
        .agg(pl.col("from").min(), pl.col("to").max())
    )
    return tuple((row["from"], row["to"]) for row in runs.iter_rows(named=True))


def _seconds(covered: pl.DataFrame) -> float:
    return int(covered["covered_ms"].sum()) / 1000


def _percentile(covered: pl.DataFrame, column: str, percent: int) -> float | None:
    return weighted_percentile(covered[column], covered["covered_ms"], percent)


def _least(values: pl.Series) -> float | None:
    least = values.min()
    return None if least is None else float(least)  # type: ignore[arg-type]
