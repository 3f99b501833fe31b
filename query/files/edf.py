"""EDF+: one patient's readings as signals, a record of 60 seconds a minute, for viewers of sleep studies.

Each minute holds the mean of its readings (apneas: their sum; mask: on if it was in half of them or more). A minute, or
a measurement in it, that nothing is known of holds the sentinel -1, which no measurement can be, and a stretch of
minutes without any reading is annotated. The file's clock is the ward's at the begin and runs on evenly: where the wall
clock changes, an annotation says so. The format is that of www.edfplus.info (Kemp and Olivan 2003); edfio writes it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from edfio import Edf, EdfAnnotation, EdfSignal, Patient, Recording

from query.files.errors import ExportProblem

RECORD_S = 60
SENTINEL = -1.0
MOST_MINUTES = 366 * 24 * 60
"""A year: some 30 MB of file, and what is held in memory while it is made."""


@dataclass(frozen=True)
class Signal:
    """A signal: the column it comes from, its label and unit in the file, its largest value, and steps to one unit."""

    column: str
    label: str
    unit: str
    most: int
    steps: int


SIGNALS = (
    Signal("cpap_pressure", "CPAP pressure", "cmH2O", 60, 100),
    Signal("breath_rate", "Breath rate", "/min", 150, 100),
    Signal("apnea_count", "Apneas", "events", 32_000, 1),
    Signal("leak_rate", "Leak", "L/min", 300, 100),
    Signal("spo2", "SpO2", "%", 100, 100),
    Signal("mask_on", "Mask on", "", 1, 1),
)


def edf_bytes(frames: Iterable[pl.DataFrame], start: datetime, stop: datetime, code: str, zone: ZoneInfo) -> bytes:
    """One patient's readings of `[start, stop)` as an EDF+C file; `code` is the MRN or its pseudonym, never a name.

    It begins with the minute of `start` and ends with that of `stop`. ExportProblem where that is more than a year.
    """
    begin = start.astimezone(UTC).replace(second=0, microsecond=0)
    minutes = -((begin - stop) // timedelta(minutes=1))
    if minutes > MOST_MINUTES:
        raise ExportProblem("an EDF+ file holds a year at most: export shorter ranges with --from and --to")
    counts, values = _by_minute(frames, begin, minutes)
    local = begin.astimezone(zone)
    signals = [
        EdfSignal(
            values[signal.column],
            1 / RECORD_S,
            label=signal.label,
            physical_dimension=signal.unit,
            physical_range=(SENTINEL, signal.most),
            digital_range=(-signal.steps, signal.most * signal.steps),
            prefiltering="mean of a minute; -1: unknown",
        )
        for signal in SIGNALS
    ]
    return Edf(
        signals,
        patient=Patient(code=code),
        recording=Recording(startdate=local.date(), equipment_code="Bedside"),
        starttime=local.time(),
        data_record_duration=RECORD_S,
        annotations=[*_clock(begin, minutes, zone), *_gaps(counts)],
    ).to_bytes()


def _by_minute(
    frames: Iterable[pl.DataFrame], begin: datetime, minutes: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """How many readings each minute has, and each signal a minute, the sentinel where it is unknown."""
    counts = np.zeros(minutes, dtype=np.int64)
    sums = {signal.column: np.zeros(minutes) for signal in SIGNALS}
    known = {signal.column: np.zeros(minutes, dtype=np.int64) for signal in SIGNALS}
    for frame in frames:
        minute = ((frame["time"] - begin).dt.total_milliseconds() // (RECORD_S * 1000)).to_numpy()
        np.add.at(counts, minute, 1)
        for signal in SIGNALS:
            column = frame[signal.column].cast(pl.Float64)
            there = column.is_not_null().to_numpy()
            np.add.at(sums[signal.column], minute[there], column.drop_nulls().to_numpy())
            np.add.at(known[signal.column], minute[there], 1)
    values = {}
    for signal in SIGNALS:
        some = known[signal.column] > 0
        value = np.full(minutes, SENTINEL)
        value[some] = sums[signal.column][some]
        if signal.column != "apnea_count":
            value[some] /= known[signal.column][some]
        if signal.column == "mask_on":
            value[some] = value[some] >= 0.5
        values[signal.column] = np.minimum(value, signal.most)
    return counts, values


def _clock(begin: datetime, minutes: int, zone: ZoneInfo) -> Iterator[EdfAnnotation]:
    """The local start with its offset, and each later change of the wall clock."""
    offset = begin.astimezone(zone).utcoffset()
    yield EdfAnnotation(0, None, f"Local start {begin.astimezone(zone).isoformat()} ({zone})")
    for minute in range(0, minutes, 30):  # clocks change on the half hour at the earliest
        local = (begin + timedelta(minutes=minute)).astimezone(zone)
        if local.utcoffset() != offset:
            offset = local.utcoffset()
            yield EdfAnnotation(minute * RECORD_S, None, f"Wall clock changed, now {local.isoformat()}")


def _gaps(counts: np.ndarray) -> Iterator[EdfAnnotation]:
    """Each stretch of minutes without any reading."""
    edges = np.diff(np.concatenate(([0], (counts == 0).astype(np.int8), [0])))
    for first, past in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        yield EdfAnnotation(int(first) * RECORD_S, int(past - first) * RECORD_S, "No readings")
