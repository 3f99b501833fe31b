"""What a simulation did and what its verification found, as counts for a script and as lines for a person."""

import threading
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

MOST_EXAMPLES = 20


class Tally:
    """Counts that many threads add to, and surprises: answers that the contract does not foresee."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._surprises: Counter[str] = Counter()

    def count(self, what: str, times: int = 1) -> None:
        """Add to a count."""
        with self._lock:
            self._counts[what] += times

    def surprise(self, sentence: str) -> None:
        """Note an answer that should not have come. Sentences are kept to a hundred; further ones are only counted."""
        with self._lock:
            known = sentence in self._surprises or len(self._surprises) < 100
            self._surprises[sentence if known else "further surprises"] += 1

    def counts(self) -> dict[str, int]:
        """The counts so far."""
        with self._lock:
            return dict(self._counts)

    def surprises(self) -> dict[str, int]:
        """The surprises so far and how often each came."""
        with self._lock:
            return dict(self._surprises)


@dataclass(slots=True)
class Verdict:
    """How the database stands against the ledger: counts of what is wrong, and examples in words.

    `lost`: acknowledged and not there. `doubled`: there more than once. `misattributed`: there under another patient.
    `altered`: there with another value, or without one of its fields. `unknown`: there and never sent. `stays`:
    stays that overlap, have no length, or disagree with a reading. `names`: patients with another name than was
    sent. `times`: answers whose time is not the reading's. `flapping`: rooms that flapped and were not flagged.
    """

    readings: int = 0
    points: int = 0
    lost: int = 0
    doubled: int = 0
    misattributed: int = 0
    altered: int = 0
    unknown: int = 0
    stays: int = 0
    names: int = 0
    times: int = 0
    flapping: int = 0
    stays_checked: int = 0
    seconds: float = 0.0
    examples: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """How much is wrong in all."""
        return (
            self.lost + self.doubled + self.misattributed + self.altered + self.unknown + self.stays + self.names
            + self.times + self.flapping
        )  # fmt: skip

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.faults == 0

    def find(self, kind: str, sentence: str) -> None:
        """Count one fault of a kind, and keep the sentence while there are few. Sentences name rooms, never an MRN."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{kind}: {sentence}")


@dataclass(slots=True)
class Report:
    """The end of a simulation.

    Counts are of readings unless their name says otherwise; `surprises` are answers that the contract does not foresee,
    with how often each came; `error` is the sentence that ended the run early; `verdict` is there after `verify`.
    """

    sent: int = 0
    acknowledged: int = 0
    repeated: int = 0
    late: int = 0
    skew_corrected: int = 0
    requests: int = 0
    retries: int = 0
    lost_answers: int = 0
    refused: int = 0
    admissions: int = 0
    seconds: float = 0.0
    surprises: dict[str, int] = field(default_factory=dict)
    error: str | None = None
    verdict: Verdict | None = None

    @property
    def ok(self) -> bool:
        """Whether everything went as the contract says, and the verification, where there was one, found nothing."""
        return self.error is None and not self.surprises and (self.verdict is None or self.verdict.ok)

    @classmethod
    def of(cls, tally: Tally, seconds: float) -> "Report":
        """The report of what a tally has counted."""
        report = cls(seconds=seconds, surprises=tally.surprises())
        for name, count in tally.counts().items():
            setattr(report, name, count)
        return report

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON would hold it, with `ok`."""
        return {"ok": self.ok, **asdict(self)}

    def lines(self) -> list[str]:
        """The report in plain words, a line each."""
        rate = self.acknowledged / self.seconds if self.seconds else 0.0
        told = [
            f"{self.acknowledged:,} of {self.sent:,} readings acknowledged in {self.seconds:.1f} s ({rate:,.0f}/s)",
            f"{self.requests:,} requests, {self.retries:,} retries, {self.lost_answers:,} answers lost",
            f"{self.repeated:,} repeats, {self.late:,} late, {self.skew_corrected:,} corrected, {self.refused} refused",
        ]
        told += [f"unexpected: {sentence} ({times}×)" for sentence, times in self.surprises.items()]
        if self.verdict is not None:
            v = self.verdict
            told.append(
                f"verified {v.readings:,} readings, {v.points:,} values, {v.stays_checked} stays in {v.seconds:.1f} s: "
                f"{v.lost} lost, {v.doubled} doubled, {v.misattributed} misattributed, {v.altered} altered, "
                f"{v.unknown} unknown, {v.times} wrong times, {v.stays} wrong stays, {v.names} wrong names"
                + (f", {v.flapping} rooms flapped unseen" if v.flapping else "")
            )
            told += [f"  {example}" for example in v.examples]
        if self.error:
            told.append(f"ended early: {self.error}")
        return told
