"""Ward: every room at a glance, worst first, and the night of all rooms on one screen."""

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.board import TO_PATIENT, TO_ROOM, board
from grafana.flux import STAYS, Asked, before
from grafana.palette import ALARM, AWAY, EMPTY, GOOD, ORANGE, PURPLE, QUIET
from grafana.panels import WARNING_TEXT, arranged, column, link, note, rows, timeline
from grafana.thresholds import APNEAS, BREATH_RATE, LEAK, PRESSURE, SPO2

STATES = {
    "quiet": ("quiet", QUIET),
    "apneas": ("apneas", ALARM),
    "spo2": ("SpO2 low", PURPLE),
    "breath": ("breath rate", ORANGE),
    "leak": ("leak", ORANGE),
    "mask off": ("mask off", AWAY),
    "steady": ("steady", GOOD),
}
WINDOW_STATES = {
    "4": ("2 or more apneas in a reading", ALARM),
    "3": ("SpO2 below 90 %", PURPLE),
    "2": ("leak above 24 L/min", ORANGE),
    "1": ("mask off", AWAY),
    "0": ("steady", GOOD),
    "-1": ("no reading", EMPTY),
}


def build() -> Dashboard:
    """The dashboard."""
    return (
        board("ward", "Ward", "Every room at a glance, worst first.", start="now-12h")
        .with_panel(note(WARNING_TEXT))
        .with_panel(_rooms())
        .with_panel(
            timeline(
                "The night of all rooms",
                Asked("ward_timeline", every="5m"),
                WINDOW_STATES,
                "The worst that the readings of each 5 minutes say, or that there were none. "
                f"{APNEAS.source} {SPO2.source} {LEAK.source}",
                name="${__field.labels.room}",
                height=18,
            )
        )
        .build()
    )


def _rooms() -> table.Panel:
    room = "${__value.raw}"
    panel = rows(
        "Rooms, worst first",
        Asked("ward_board", start=before("1d"), stays_start=STAYS),
        "The newest reading of every room where somebody lies by the stays, and of any other that reported in the last "
        "day. Quiet: no reading for three reporting intervals (3 min); a room stays in the list when its monitor is "
        f"gone. {APNEAS.source}",
        height=16,
    )
    to_patient = TO_PATIENT.format(room="${__data.fields.room}", mrn="${__value.raw}")
    panel = column(panel, "room", "Room", width=80, links=[link("History of the room", TO_ROOM.format(room=room))])
    panel = column(panel, "mrn", "MRN", width=110, links=[link("The patient's night", to_patient)])
    panel = column(panel, "state", "State", width=110, mappings=STATES)
    panel = column(panel, "last_reading", "Last reading", unit="dateTimeFromNow", width=140, no_value="none today")
    panel = column(panel, "apneas_1h", "Apneas, last hour", decimals=0, width=110)
    panel = column(panel, "apneas_max", "Most in a reading", decimals=0, width=110, limits=APNEAS)
    panel = column(panel, "breath_rate", "Breaths /min", decimals=1, width=100, limits=BREATH_RATE)
    panel = column(panel, "leak_rate", "Leak L/min", decimals=1, width=100, limits=LEAK)
    panel = column(panel, "spo2", "SpO2", unit="percent", decimals=0, width=80, limits=SPO2)
    panel = column(panel, "cpap_pressure", "Pressure cmH2O", decimals=1, width=110, limits=PRESSURE)
    panel = column(panel, "mask_on", "Mask", width=80, mappings={"true": ("on", None), "false": ("off", None)})
    panel = column(panel, "since", "Lies here since", unit="dateTimeAsLocal", width=170)
    return arranged(panel)
