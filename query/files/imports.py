"""Rows through the front door: in batches that may be sent again, from where a broken import stopped, with a report.

A batch goes under an Idempotency-Key made of the import's own number and the batch's first row, so that one that was
sent twice is taken once and answered alike. After each answer the state of the import is written beside the file; the
next start goes on from there. A whole import that runs twice changes nothing: a reading's identity is its room, MRN and
time, and the second time each is a duplicate.
"""

import contextlib
import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from query.files.front_door import FrontDoor
from query.files.sources import Row

BATCH_ROWS = 1_000
BATCH_BYTES = 8 * 2**20
LARGEST_IMAGE = 24 * 2**20
"""The API takes 10,000 readings and 32 MiB; an image (in base64) that fills a post by itself is left out."""
EXAMPLES = 5

Judge = Callable[[list[dict[str, Any]]], list[dict[str, Any] | None]]
"""Says of each reading what would be wrong with it, as a problem document of the API, or None."""
Progress = Callable[[int], None]
"""Is told how many rows of the file are done."""


@dataclass
class Report:
    """What became of the rows of a file. `refused` and `left_out` count by reason; `examples` has places for each."""

    rows: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def refusals(self) -> int:
        """How many rows were refused."""
        return self.refused.total()

    def note(self, counter: Counter[str], reason: str, place: str) -> None:
        """Count one more for a reason."""
        counter[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(place)

    def document(self) -> dict[str, Any]:
        """The report as JSON."""
        counters = {name: dict(getattr(self, name)) for name in ("refused", "left_out", "flags")}
        return {**vars(self), **counters}

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Report":
        """A report from its JSON."""
        counters = {name: Counter(document[name]) for name in ("refused", "left_out", "flags")}
        return cls(**{**document, **counters})


@dataclass
class State:
    """How far an import has come: which file, under which number, how many rows, and their report."""

    path: Path
    source: str
    number: str = field(default_factory=lambda: secrets.token_hex(8))
    report: Report = field(default_factory=Report)

    @classmethod
    def load(cls, path: Path, source: str) -> "State":
        """The state beside a file, or a fresh one where there is none or it is that of another content or server."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(path.read_text())
            if told["source"] == source:
                return cls(path, source, told["number"], Report.of(told["report"]))
        return cls(path, source)

    def save(self) -> None:
        """Write it, whole or not at all; where the folder cannot be written the import goes on without."""
        new = self.path.with_name(self.path.name + ".new")
        told = {"source": self.source, "number": self.number, "report": self.report.document()}
        with contextlib.suppress(OSError):
            new.write_text(json.dumps(told))
            new.replace(self.path)

    def forget(self) -> None:
        """The import is done."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def fingerprint(path: Path, *told: object) -> str:
    """What tells one import from another: the file's content by size, time of change and first MiB, and its options."""
    status = path.stat()
    digest = hashlib.sha256(repr((status.st_size, status.st_mtime_ns, *map(str, told))).encode())
    with path.open("rb") as file:
        digest.update(file.read(2**20))
    return digest.hexdigest()


def dry_run(rows: Iterable[Row], judge: Judge) -> Report:
    """What would be refused and why, without sending anything.

    Only the server knows what it has stored and how long it keeps readings: conflicts with other readings and times
    before the bucket's retention show in the real run alone.
    """
    report = Report()
    for batch in batches(rows):
        readings = [row for row in batch if row.reading is not None]
        verdicts = iter(judge([row.reading for row in readings if row.reading is not None]))
        for row in batch:
            problem = None if row.reading is None else next(verdicts)
            _enter(report, row, None if row.reading is None else {"status": "would be accepted", "problem": problem})
    return report


def run(rows: Iterable[Row], door: FrontDoor, state: State, progress: Progress | None = None) -> Report:
    """Send every row that the state does not know as done; the report of all, earlier runs of this import included.

    DoorProblem where the API takes nothing; the next run goes on from the last batch that was answered.
    """
    for batch in batches(rows, skip=state.report.rows):
        key = f"import-{state.number}-{state.report.rows}"
        readings = [row.reading for row in batch if row.reading is not None]
        results = iter(door.readings(readings, key) if readings else [])
        answers = [None if row.reading is None else next(results) for row in batch]
        _without_images(batch, answers, door, key)
        for row, answer in zip(batch, answers, strict=True):
            _enter(state.report, row, answer)
        state.save()
        if progress is not None:
            progress(state.report.rows)
    state.forget()
    return state.report


def batches(rows: Iterable[Row], skip: int = 0) -> Iterator[list[Row]]:
    """The rows in batches of at most 1,000 and about 8 MiB, always cut at the same rows; the first `skip` are done."""
    batch: list[Row] = []
    size = 0
    for number, row in enumerate(rows):
        if number < skip:
            continue
        length = len(str((row.reading or {}).get("flow_image", "")))
        if row.reading is not None and length > LARGEST_IMAGE:
            del row.reading["flow_image"]
            row.faults.append("flow_image left out: it is larger than a post may be")
            length = 0
        length += 400
        if batch and (len(batch) >= BATCH_ROWS or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch


def _without_images(batch: list[Row], answers: list[dict[str, Any] | None], door: FrontDoor, key: str) -> None:
    """Send what was refused for its flow image alone once more without it: the measurements are worth keeping."""
    spoilt = [place for place, answer in enumerate(answers) if _fields(answer) == {"flow_image"}]
    again = []
    for place in spoilt:
        row = batch[place]
        assert row.reading is not None
        row.reading = {name: value for name, value in row.reading.items() if name != "flow_image"}
        row.faults.append("flow_image left out: it is no PNG or JPEG that can be decoded")
        again.append(row.reading)
    if again:
        for place, answer in zip(spoilt, door.readings(again, f"{key}-without-images"), strict=True):
            answers[place] = answer


def _fields(answer: dict[str, Any] | None) -> set[str]:
    """The fields that a refusal names."""
    problem = (answer or {}).get("problem") or {}
    return {str(error.get("field")) for error in problem.get("errors", [])}


def _enter(report: Report, row: Row, answer: dict[str, Any] | None) -> None:
    """Count a row and what became of it; None for one that could not be read."""
    report.rows += 1
    if answer is None:
        report.note(report.refused, row.faults[0], row.place)
        return
    for fault in row.faults:
        report.note(report.left_out, fault, row.place)
    if problem := answer.get("problem"):
        report.note(report.refused, _reason(problem), row.place)
    elif answer.get("duplicate"):
        report.duplicate += 1
    else:
        report.accepted += 1
    report.flags.update(answer.get("flags") or [])


def _reason(problem: dict[str, Any]) -> str:
    """A refusal in one line: field and message where the API names them."""
    errors = [f"{error.get('field')} {error.get('message')}" for error in problem.get("errors") or []]
    return "; ".join(errors) or str(problem.get("detail") or problem.get("title"))
