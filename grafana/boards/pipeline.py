"""Pipeline: whether readings make their whole way, for whoever runs the system."""

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.board import TO_ROOM, board
from grafana.flux import STAYS, WINDOW, Asked, before
from grafana.palette import BLUE, ORANGE, SKY, VERMILLION
from grafana.panels import arranged, bars, column, figures, fixed, link, named, rows, series, sorted_by
from grafana.thresholds import OUTBOX_AGE, QUARANTINE, SILENCE, Limits

TOLD = "The ingest server writes its own state to InfluxDB every 15 s, past the outbox."
COUNTERS = {
    "readings_accepted": "accepted",
    "readings_duplicate": "known already",
    "readings_rejected": "refused",
    "readings_late": "late",
    "readings_mismatch": "naming another patient than the stays",
    "room_moves": "turning a room over",
}


def build() -> Dashboard:
    """The dashboard."""
    return (
        board("pipeline", "Pipeline", "Whether readings make their whole way.", start="now-6h", refresh="30s")
        .with_panel(_now())
        .with_panel(_rates())
        .with_panel(_over_time("Outbox: lines", "outbox_lines", "none", "Lines that wait for InfluxDB.", BLUE))
        .with_panel(
            _over_time("Outbox: age of the oldest", "outbox_oldest_s", "s",
                       "How long the oldest line has waited for InfluxDB. While InfluxDB is away nothing can be told "
                       "here: a gap is such a time, and the next value its age.", VERMILLION, OUTBOX_AGE)
        )
        .with_panel(
            _over_time("Forwarding lag", "forwarding_lag_s", "s",
                       "From the answer to the monitor to InfluxDB, of the oldest line of the last write.", SKY)
        )
        .with_panel(
            _over_time("Quarantine", "quarantine_lines", "none",
                       "Lines that InfluxDB refused for good: `bedside quarantine` shows why.", ORANGE, QUARANTINE)
        )
        .with_panel(_silent())
        .with_panel(_skew())
        .build()
    )  # fmt: skip


def _now() -> stat.Panel:
    panel = figures(
        "Now", Asked("pipeline_now", start=before("15m")),
        f"The last that the pipeline told within 15 minutes; without a figure it told nothing. {TOLD}",
    )  # fmt: skip
    panel = column(panel, "outbox_lines", "Lines that wait", decimals=0)
    panel = column(panel, "outbox_oldest_s", "Oldest of them", unit="s", decimals=0, limits=OUTBOX_AGE)
    panel = column(panel, "forwarding_lag_s", "Forwarding lag", unit="s", decimals=1)
    panel = column(panel, "queue_readings", "Wait for the disk", decimals=0)
    panel = column(panel, "quarantine_lines", "In quarantine", decimals=0, limits=QUARANTINE)
    return arranged(column(panel, "rooms_flapping", "Rooms flapping", decimals=0))


def _rates() -> timeseries.Panel:
    panel = series(
        "Readings by window",
        [Asked("pipeline_rate", every=WINDOW)],
        "none",
        f"How many readings each step brought, by what became of them. {TOLD}",
        decimals=0, height=8, floor=0, interval="1m",
    )  # fmt: skip
    for name, title in COUNTERS.items():
        panel.override_by_name(name, named(title))
    return bars(panel)


def _over_time(
    title: str, figure: str, unit: str, description: str, color: str, limits: Limits | None = None
) -> timeseries.Panel:
    panel = series(
        title, [Asked("pipeline_gauge", figure=f'"{figure}"', every=WINDOW)], unit,
        f"{description} The largest of each step.", limits=limits, color=fixed(color), span=12, height=6, floor=0,
        decimals=0 if unit == "none" else 1, legend=False,
    )  # fmt: skip
    return panel.override_by_name(figure, named(title))


def _silent() -> table.Panel:
    panel = rows(
        "Monitors by silence",
        Asked("ward_board", start=before("1d"), stays_start=STAYS),
        "Rooms where somebody lies, or that reported in the last day, and how long their monitors have been silent. "
        f"{SILENCE.source}",
        span=12, height=10,
    )  # fmt: skip
    panel = column(panel, "room", "Room", width=100, links=[link("The room", TO_ROOM.format(room="${__value.raw}"))])
    panel = column(panel, "quiet_s", "Silent for", unit="s", decimals=0, width=140, limits=SILENCE)
    panel = column(panel, "last_reading", "Last reading", unit="dateTimeAsLocal", width=200, no_value="none in a day")
    return sorted_by(arranged(panel), "Silent for")


def _skew() -> table.Panel:
    panel = rows(
        "Clocks that are wrong",
        Asked("pipeline_skew", start=before("1h")),
        "Devices whose clock is off by more than 30 s; their times are corrected. Below 0: the clock is behind.",
        span=12, height=10,
    ).no_value("No device's clock is off by more than 30 s")  # fmt: skip
    panel = column(panel, "device", "Device", width=200)
    panel = column(panel, "skew_s", "Ahead by", unit="s", decimals=0, width=140)
    return arranged(column(panel, "told", "Told", unit="dateTimeFromNow", width=160))
