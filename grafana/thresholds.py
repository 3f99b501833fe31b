"""The limits that panels draw and alert rules hold, each with its unit and where it comes from.

They tell where to look. They are no diagnosis, and a ward that has other limits changes them here.
"""

from dataclasses import dataclass

from grafana.palette import ALARM, GOOD, WARNING
from query import conventions


@dataclass(frozen=True)
class Limits:
    """Steps of a measurement: from which value on (None: from the lowest) which colour holds, in rising order."""

    steps: tuple[tuple[float | None, str], ...]
    source: str


APNEAS = Limits(
    ((None, GOOD), (1, WARNING), (2, ALARM)),
    "Two or more apneas in one reading are shown as an alarm: the ward's own rule, not a clinical score.",
)
BREATH_RATE = Limits(
    ((None, ALARM), (9, WARNING), (12, GOOD), (21, WARNING), (25, ALARM)),
    conventions.BREATHS.told,
)
SPO2 = Limits(
    ((None, ALARM), (90, WARNING), (94, GOOD)),
    f"{conventions.T90.told} {conventions.SATURATION_TARGET.told}",
)
LOWEST_SPO2 = Limits(
    ((None, ALARM), (88, WARNING), (90, GOOD)),
    f"{conventions.OXYGEN_IN_SLEEP.told} {conventions.T90.told}",
)
LEAK = Limits(
    ((None, GOOD), (24, ALARM)),
    conventions.LARGE_LEAK.told,
)
PRESSURE = Limits(
    ((None, WARNING), (4, GOOD), (20.1, WARNING)),
    conventions.PRESSURES.told,
)
APNEA_INDEX = Limits(
    ((None, GOOD), (5, WARNING), (15, ALARM)),
    f"{conventions.APNEA_INDEX.told} 5 and 15 are the usual bounds of mild and moderate sleep apnea by AHI, so that an "
    "apnea index above them is above them for certain.",
)
USAGE = Limits(
    ((None, ALARM), (2, WARNING), (4, GOOD)),
    conventions.USED_NIGHT.told,
)
OUTBOX_AGE = Limits(
    ((None, GOOD), (60, WARNING), (300, ALARM)),
    "Readings reach InfluxDB within seconds; five minutes is an InfluxDB that is away (docs/metrics.md).",
)
QUARANTINE = Limits(
    ((None, GOOD), (1, ALARM)),
    "Each line in quarantine is a reading that no dashboard shows.",
)
SILENCE = Limits(
    ((None, GOOD), (180, ALARM)),
    "A monitor is silent after three reporting intervals (3 min) without a reading.",
)
