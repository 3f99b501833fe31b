"""The ledger: an append-only file of what was sent and what the server acknowledged, one JSON object a line.

    {"run": ID, "seed": …}                                            a simulation began
    {"sent": N, "readings": [[room, mrn, stamp_ms, at_ms, fields]]}   a request is about to be sent for the first time
    {"ack": N, "results": [[index, time_ms, flags]]}                  its answer, item by item
    {"name": mrn, "digest": sha256}                                   the name that a patient was given, as a digest
    {"mark": kind, …}                                                 something else worth remembering

`sent` reaches the operating system before the request does, so a simulator that is killed never leaves a reading in
the database that the ledger does not know; a line is fsynced with the first one written half a second after it. A torn
last line is what a crash leaves behind: loading passes over it.
"""

import hashlib
import json
import os
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.errors import LedgerError
from simulator.reading import Reading, Value

FSYNC_EVERY_S = 0.5
MAX_BYTES = 4 * 2**30

Identity = tuple[str, str, int]
"""Room, MRN and time as sent, in milliseconds: what makes a reading one reading."""


class Ledger:
    """Appends to the file at `path`, which is made where it is missing. Safe to use from many threads.

    Without a path it keeps nothing, for a ward that runs on and on and is never held against its ledger.
    """

    def __init__(self, path: Path | None, *, max_bytes: int = MAX_BYTES) -> None:
        """Open the file; LedgerError where that fails."""
        self.path = path
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._number = 0
        self._synced_at_s = time.monotonic()
        self._run = uuid.uuid4().hex[:8]
        self._file = None
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = path.open("ab", buffering=0)
                self._end_torn_line()
            except OSError as error:
                raise LedgerError(
                    f"cannot open the ledger {path}: {error.strerror}; name another by --ledger"
                ) from error

    def began(self, **about: object) -> None:
        """A simulation began; `about` says which."""
        self._append({"run": self._run, **about})

    def sent(self, readings: list[Reading]) -> str:
        """These readings are about to be sent in one request; the answer is the request's number."""
        with self._lock:
            self._number += 1
            number = f"{self._run}-{self._number}"
        rows = [[r.room, r.mrn, r.stamp_ms, r.at_ms, r.stored_fields()] for r in readings]
        self._append({"sent": number, "readings": rows})
        return number

    def acknowledged(self, number: str, results: list[tuple[int, int, list[str]]]) -> None:
        """The answer to that request: (index, time in ms, flags) of each reading that was accepted."""
        self._append({"ack": number, "results": results})

    def named(self, mrn: str, name: str) -> None:
        """That patient's name was acknowledged; only its digest is kept."""
        self._append({"name": mrn, "digest": digest(name)})

    def mark(self, kind: str, **about: object) -> None:
        """Remember something else, such as that a room was seen flapping."""
        self._append({"mark": kind, **about})

    def close(self) -> None:
        """Bring everything to the disk and close the file; more than once does no harm."""
        with self._lock:
            if self._file is not None:
                os.fsync(self._file.fileno())
                self._file.close()
                self._file = None

    def _append(self, line: dict[str, object]) -> None:
        """Write one line whole, and fsync when the last time is long enough ago."""
        if self._file is None:
            return
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            if self._file is None:
                raise LedgerError("the ledger is closed already")
            try:
                if self._file.tell() + len(data) > self._max_bytes:
                    raise LedgerError(f"the ledger {self.path} is full at {self._max_bytes} bytes; start a new one")
                self._file.write(data)
                if time.monotonic() - self._synced_at_s > FSYNC_EVERY_S:
                    os.fsync(self._file.fileno())
                    self._synced_at_s = time.monotonic()
            except OSError as error:
                raise LedgerError(f"cannot write the ledger {self.path}: {error.strerror}; make room for it") from error

    def _end_torn_line(self) -> None:
        """Where a crash left half a line, end it, so that the next one stands alone."""
        assert self.path is not None
        assert self._file is not None
        size = self._file.seek(0, os.SEEK_END)
        if size:
            with self.path.open("rb") as reader:
                reader.seek(size - 1)
                if reader.read(1) != b"\n":
                    self._file.write(b"\n")


@dataclass(slots=True)
class Entry:
    """All that the ledger knows of one reading.

    `acknowledged` holds the fields that were acknowledged, `maybe` those that were sent without an answer. `time_ms` is
    the time that the server answered, None as long as it answered none.
    """

    room: str
    mrn: str
    stamp_ms: int
    at_ms: int
    time_ms: int | None = None
    flags: set[str] = field(default_factory=set)
    acknowledged: dict[str, Value] = field(default_factory=dict)
    maybe: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Account:
    """A ledger read back: every reading by its identity, names by MRN, marks, and what contradicts itself.

    `contradictions` are sentences about readings for which two answers differed in their time.
    """

    entries: dict[Identity, Entry] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    marks: list[dict[str, Any]] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)

    @property
    def rooms(self) -> list[str]:
        """The rooms that readings were sent for, sorted."""
        return sorted({entry.room for entry in self.entries.values()})

    def acknowledged(self) -> Iterator[Entry]:
        """The readings that the server acknowledged."""
        return (entry for entry in self.entries.values() if entry.time_ms is not None)


def load(path: Path) -> Account:
    """Read a ledger back; LedgerError where it is missing or a line before the last makes no sense."""
    account = Account()
    waiting: dict[str, list[Entry]] = {}
    sent_fields: dict[str, list[dict[str, Value]]] = {}
    try:
        with path.open("rb") as file:
            for line in _lines(file, path):
                if "sent" in line:
                    _enter_sent(account, line, waiting, sent_fields)
                elif "ack" in line:
                    _enter_ack(account, line, waiting, sent_fields)
                elif "name" in line:
                    account.names[line["name"]] = line["digest"]
                elif "mark" in line:
                    account.marks.append(line)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise LedgerError(f"the ledger {path} does not fit together; it is not a ledger, or it was edited") from error
    except OSError as error:
        raise LedgerError(f"cannot read the ledger {path}: {error.strerror}; name the right one by --ledger") from error
    return account


def digest(name: str) -> str:
    """A name as the ledger holds it: the SHA-256 of its text."""
    return hashlib.sha256(name.encode()).hexdigest()


def _lines(file: Iterable[bytes], path: Path) -> Iterator[dict[str, Any]]:
    """The lines as objects. A line that is none is a torn one where a new run or nothing follows it."""
    torn = 0
    for number, raw in enumerate(file, 1):
        try:
            line = json.loads(raw)
        except ValueError:
            torn = number
            continue
        if torn and "run" not in line:
            raise LedgerError(f"line {torn} of the ledger {path} makes no sense; it is not a ledger, or it was edited")
        torn = 0
        yield line


def _enter_sent(
    account: Account,
    line: dict[str, Any],
    waiting: dict[str, list[Entry]],
    sent_fields: dict[str, list[dict[str, Value]]],
) -> None:
    """A request on its way: its readings may be stored from now on."""
    entries = []
    for room, mrn, stamp_ms, at_ms, fields in line["readings"]:
        entry = account.entries.setdefault((room, mrn, stamp_ms), Entry(room, mrn, stamp_ms, at_ms))
        entry.maybe.update(fields)
        entries.append(entry)
    waiting[line["sent"]] = entries
    sent_fields[line["sent"]] = [row[4] for row in line["readings"]]


def _enter_ack(
    account: Account,
    line: dict[str, Any],
    waiting: dict[str, list[Entry]],
    sent_fields: dict[str, list[dict[str, Value]]],
) -> None:
    """An answer: what it accepts must be stored from now on."""
    entries, fields = waiting.pop(line["ack"]), sent_fields.pop(line["ack"])
    for index, time_ms, flags in line["results"]:
        entry = entries[index]
        if entry.time_ms not in (None, time_ms):
            account.contradictions.append(
                f"room {entry.room}: the reading stamped {entry.stamp_ms} ms was answered with two different times"
            )
        entry.time_ms = time_ms
        entry.flags.update(flags)
        entry.acknowledged.update(fields[index])
