"""Room: its history across patients, one series an MRN."""

from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.board import ROOM, TO_PATIENT, board
from grafana.flux import STAYS, WINDOW, Asked
from grafana.palette import PURPLE
from grafana.panels import arranged, bars, column, link, rows, series
from grafana.thresholds import APNEAS, BREATH_RATE, LEAK, PRESSURE, SPO2, Limits

HOUR_MS = 3_600_000
BY_MRN = "${__field.labels.mrn}"


def build() -> Dashboard:
    """The dashboard."""
    return (
        board("room", "Room", "What happened in a room, whoever lay there.", start="now-3d")
        .room()
        .marks("Turnovers", PURPLE, Asked("turnovers", "Anno", room=ROOM), text="event", tags="mrn")
        .with_panel(_stays())
        .with_panel(_measure("Breath rate", "breath_rate", "/min", BREATH_RATE))
        .with_panel(_measure("Leak", "leak_rate", "L/min", LEAK, floor=0))
        .with_panel(_measure("SpO2", "spo2", "%", SPO2))
        .with_panel(_measure("Pressure", "cpap_pressure", "cmH2O", PRESSURE, floor=0))
        .with_panel(_apneas())
        .build()
    )


def _measure(title: str, field: str, unit: str, limits: Limits, floor: float | None = None) -> timeseries.Panel:
    """One measurement, a curve for each patient; a click leads to the patient's night."""
    return series(
        title,
        [Asked("room_measure", room=ROOM, field=f'"{field}"', every=WINDOW)],
        f"suffix: {unit}",
        f"{title} in {unit}, the mean of the readings in each step, a curve for each patient.",
        limits=limits, gap_ms=HOUR_MS, span=12, floor=floor, name=BY_MRN, links=[_to_patient(BY_MRN)],
    )  # fmt: skip


def _apneas() -> timeseries.Panel:
    panel = series(
        "Apneas by hour",
        [Asked("room_apneas", room=ROOM)],
        "none",
        f"Apneas that the readings of each hour report, a bar for each patient. {APNEAS.source}",
        decimals=0, height=7, floor=0, name=BY_MRN, links=[_to_patient(BY_MRN)], interval="1h",
    )  # fmt: skip
    return bars(panel)


def _stays() -> table.Panel:
    panel = rows(
        "Who lay here",
        Asked("room_stays", room=ROOM, start=STAYS),
        "Stays of the room, by the times at which patients were measured, oldest first.",
        height=5,
    )
    panel = column(panel, "mrn", "MRN", width=160, links=[_to_patient("${__value.raw}")])
    panel = column(panel, "from", "From", unit="dateTimeAsLocal", width=220, no_value="before")
    panel = column(panel, "to", "To", unit="dateTimeAsLocal", width=220, no_value="lies here")
    return arranged(panel)


def _to_patient(mrn: str) -> dict[str, object]:
    return link("The patient's night", TO_PATIENT.format(room="${room}", mrn=mrn))
