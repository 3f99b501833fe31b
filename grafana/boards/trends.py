"""Trends: a patient's nights over weeks."""

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.board import MRN, TIMEZONE, board
from grafana.flux import Asked
from grafana.palette import BLUE, GREEN, ORANGE, PURPLE
from grafana.panels import arranged, bars, column, figures, fixed, named, only, rows, series
from grafana.thresholds import APNEA_INDEX, LEAK, PRESSURE, USAGE, Limits


def build() -> Dashboard:
    """The dashboard."""
    return (
        board("trends", "Trends", "Nights of a patient over weeks.", start="now-30d", refresh="15m")
        .zone()
        .room()
        .mrn()
        .with_panel(_adherence())
        .with_panel(_by_night("Usage", "usage_h", "h", "Time with the mask on in each night.", USAGE, BLUE))
        .with_panel(
            _by_night(
                "Apnea index", "apnea_index", "/h",
                "Apneas an hour of usage, by night; it holds no hypopneas and is no AHI.", APNEA_INDEX, PURPLE,
            )
        )
        .with_panel(
            _by_night("Leak, 95th percentile", "leak_p95", "L/min",
                      "The leak that 95 % of the time with the mask on stays below, by night.", LEAK, ORANGE)
        )
        .with_panel(
            _by_night("Pressure, 95th percentile", "pressure_p95", "cmH2O",
                      "The pressure that 95 % of the time with the mask on stays below, by night.", PRESSURE, GREEN)
        )
        .with_panel(_table())
        .build()
    )  # fmt: skip


def _asked(name: str = "nights") -> Asked:
    return Asked(name, mrn=MRN, timezone=TIMEZONE)


def _by_night(title: str, field: str, unit: str, description: str, limits: Limits, color: str) -> timeseries.Panel:
    """One figure, a bar for each night at the noon where it begins."""
    panel = series(
        title, [_asked()], f"suffix: {unit}",
        f"{description} A night is noon to noon in the ward's zone (${{timezone}}); one without readings has no bar.",
        limits=limits, color=fixed(color), span=12, height=8, floor=0, legend=False, interval="1d", gap_ms=0,
    )  # fmt: skip
    return only(bars(panel), "begins", field).override_by_name(field, named(title))


def _adherence() -> stat.Panel:
    panel = figures(
        "Nights of 4 h or more",
        _asked("adherence"),
        "The last 30 nights of the time shown, those without readings too. It is the figure of CMS's rule only where "
        "the time shown is within the first 90 days of therapy: 4 h or more on 70 % (21) of 30 consecutive nights. "
        f"{USAGE.source}",
        height=4,
    )
    panel = column(panel, "enough_of_30", "with 4 h or more", decimals=0)
    panel = column(panel, "nights", "of the last nights", decimals=0)
    return arranged(panel)


def _table() -> table.Panel:
    panel = rows("Night by night", _asked(), "The figures behind the bars, with what they are made of.", height=10)
    panel = column(panel, "night", "Night", width=140)
    panel = column(panel, "usage_h", "Usage h", decimals=1, width=110, limits=USAGE)
    panel = column(panel, "apnea_index", "Apnea index /h", decimals=1, width=140, limits=APNEA_INDEX)
    panel = column(panel, "apneas", "Apneas", decimals=0, width=110)
    panel = column(panel, "leak_p95", "Leak, 95 % L/min", decimals=1, width=140, limits=LEAK)
    panel = column(panel, "pressure_p95", "Pressure, 95 % cmH2O", decimals=1, width=160, limits=PRESSURE)
    panel = column(panel, "covered_h", "Coverage h", decimals=1, width=110)
    return arranged(panel)
