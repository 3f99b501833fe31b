"""Patient night: everything of one night on one time axis, its figures, and earlier nights to compare."""

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.board import MRN, NIGHT, TIMEZONE, board
from grafana.flux import WINDOW, Asked, before
from grafana.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY
from grafana.panels import (
    arranged,
    bars,
    column,
    figures,
    fixed,
    hidden,
    link,
    named,
    properties,
    rows,
    series,
    sorted_by,
)
from grafana.thresholds import APNEA_INDEX, APNEAS, BREATH_RATE, LEAK, LOWEST_SPO2, PRESSURE, SPO2, USAGE, Limits

NOON = "now-12h/d+12h"
"""Noon of the night that is on: as a begin it is rounded down to the day's begin, as an end up to the day's end."""

TO_NIGHT = (
    "/d/bedside-patient-night/patient-night?var-room=${room}&var-mrn=${mrn}"
    "&from=${__data.fields.begins.numeric}&to=${__data.fields.ends.numeric}"
)


def build() -> Dashboard:
    """The dashboard."""
    return (
        board("patient-night", "Patient night", "One night of a patient, noon to noon.", start=NOON, stop=NOON)
        .zone()
        .room()
        .mrn()
        .night("Compare with")
        .with_panel(_figures())
        .with_panel(_measure("Pressure", "pressure", "cpap_pressure", "cmH2O", PRESSURE, BLUE, floor=0))
        .with_panel(_measure("Breath rate", "breath_rate", "breath_rate", "/min", BREATH_RATE, GREEN))
        .with_panel(_measure("Leak", "leak", "leak_rate", "L/min", LEAK, ORANGE, floor=0))
        .with_panel(_measure("SpO2", "spo2", "spo2", "%", SPO2, PURPLE))
        .with_panel(_apneas())
        .with_panel(_nights())
        .with_panel(_images())
        .build()
    )


def _measure(
    title: str, question: str, field: str, unit: str, limits: Limits, color: str, floor: float | None = None
) -> timeseries.Panel:
    """One measurement of the night, and of the night to compare below it, in grey."""
    panel = series(
        title,
        [
            Asked(question, mrn=MRN, every=WINDOW),
            Asked("earlier_night", "B", mrn=MRN, field=f'"{field}"', night=NIGHT, timezone=TIMEZONE, every=WINDOW),
        ],
        f"suffix: {unit}",
        f"{title} in {unit}, the mean of the readings in each step; a gap is a time without readings. Grey: the night "
        "chosen above, at the same time of night.",
        limits=limits, color=fixed(color), height=7, floor=floor,
    )  # fmt: skip
    panel.override_by_name(field, named(title))
    return panel.override_by_query(
        "B", properties(displayName="${__field.labels.night}", color={"mode": "fixed", "fixedColor": GREY})
    )


def _figures() -> stat.Panel:
    panel = figures(
        "The night's figures",
        Asked("night_summary", mrn=MRN),
        "Of the time shown. Usage: time with the mask on; a reading stands for the time since the one before it, three "
        "minutes at most. Apnea index: apneas an hour of usage; it holds no hypopneas and is no AHI. Medians and 95th "
        f"percentiles are weighted by time. Coverage: time with readings. {APNEA_INDEX.source} {USAGE.source}",
        height=4,
    )
    for name, title, unit, decimals, limits in (
        ("usage_h", "Usage", "suffix: h", 1, USAGE),
        ("apnea_index", "Apnea index", "suffix:/h", 1, APNEA_INDEX),
        ("pressure_median", "Pressure, median", "suffix: cmH2O", 1, None),
        ("pressure_p95", "Pressure, 95 %", "suffix: cmH2O", 1, None),
        ("leak_p95", "Leak, 95 %", "suffix: L/min", 1, LEAK),
        ("large_leak_h", "Large leak", "suffix: h", 1, None),
        ("spo2_min", "SpO2, lowest", "percent", 0, LOWEST_SPO2),
        ("spo2_below_90_h", "SpO2 below 90 %", "suffix: h", 1, None),
        ("covered_h", "Coverage", "suffix: h", 1, None),
    ):
        panel = column(panel, name, title, unit=unit, decimals=decimals, limits=limits)
    return arranged(panel)


def _apneas() -> timeseries.Panel:
    panel = series(
        "Apneas by hour",
        [Asked("apneas_per_hour", mrn=MRN)],
        "none",
        f"Apneas that the readings of each hour report. {APNEAS.source}",
        decimals=0, color=fixed(SKY), height=6, floor=0, interval="1h", legend=False,
    )  # fmt: skip
    return bars(panel).override_by_name("apneas", named("Apneas"))


def _nights() -> table.Panel:
    panel = rows(
        "Nights",
        Asked("nights", mrn=MRN, timezone=TIMEZONE, start=before("30d")),
        "Nights of the last 30 days with readings, noon to noon in the ward's zone (${timezone}), the last one first, "
        "as far as the time shown reaches. A click shows that night. Usage: time with the mask on. Apnea index: apneas "
        "an hour of usage. 95 %: what 95 % of the time with the mask on stays below.",
        span=14, height=8,
    )  # fmt: skip
    panel = column(panel, "night", "Night", width=120, links=[link("Show this night", TO_NIGHT)])
    panel = column(panel, "usage_h", "Usage h", decimals=1, width=90, limits=USAGE)
    panel = column(panel, "apnea_index", "Apnea index /h", decimals=1, width=125, limits=APNEA_INDEX)
    panel = column(panel, "leak_p95", "Leak, 95 % L/min", decimals=1, width=140, limits=LEAK)
    panel = column(panel, "pressure_p95", "Pressure, 95 % cmH2O", decimals=1, width=170)
    # The link needs when a night begins and ends; nobody has to read it.
    return sorted_by(arranged(hidden(panel, "begins", "ends")), "Night")


def _images() -> table.Panel:
    panel = rows(
        "Flow images",
        Asked("flow_images", mrn=MRN),
        "Pictures of the flow curve that the monitor sent. The digest is the picture's address in the API "
        "(GET /v1/images/DIGEST); the ward page shows the picture itself to those who may see it.",
        span=10, height=8,
    )  # fmt: skip
    panel = column(panel, "_time", "Measured", unit="dateTimeAsLocal", width=180)
    panel = column(panel, "room", "Room", width=70)
    return arranged(column(panel, "flow_image", "Digest (SHA-256)"))
