"""The limits that panels draw and alert rules hold, each with its unit and where it comes from.

They tell where to look. They are no diagnosis, and a ward that has other limits changes them here.
"""

from dataclasses import dataclass

from grafana.palette import ALARM, GOOD, WARNING


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
    "Breaths a minute by the National Early Warning Score 2 (Royal College of Physicians, 2017): 12-20 scores 0, "
    "9-11 scores 1, 21-24 scores 2, 8 or fewer and 25 or more score 3.",
)
SPO2 = Limits(
    ((None, ALARM), (90, WARNING), (94, GOOD)),
    "Below 90 % is the desaturation that sleep medicine counts (AASM Manual for the Scoring of Sleep, T90); "
    "94 % is the lower end of the usual target range (BTS guideline for oxygen use in adults, 2017). Patients with "
    "hypercapnic failure have another target: 88-92 %.",
)
LOWEST_SPO2 = Limits(
    ((None, ALARM), (88, WARNING), (90, GOOD)),
    "88 % for five minutes or more is where CMS pays for oxygen at night (National Coverage Determination 240.2).",
)
LEAK = Limits(
    ((None, GOOD), (24, ALARM)),
    "More than 24 L/min is a large leak (ResMed, sleep lab titration guide: unintentional leak of at most 24 L/min).",
)
PRESSURE = Limits(
    ((None, WARNING), (4, GOOD), (20.1, WARNING)),
    "CPAP works between 4 and 20 cmH2O (AASM clinical guidelines for manual titration, 2008); less is a mask that is "
    "off, more is bilevel therapy.",
)
APNEA_INDEX = Limits(
    ((None, GOOD), (5, WARNING), (15, ALARM)),
    "Apneas an hour of use. Without hypopneas it is an apnea index, no AHI; 5 and 15 are the AHI's bounds of mild "
    "and moderate sleep apnea (AASM), so that an apnea index above them is above them for certain.",
)
USAGE = Limits(
    ((None, ALARM), (2, WARNING), (4, GOOD)),
    "A night counts as used from 4 h on (CMS National Coverage Determination 240.4).",
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
