"""Who saw which patient, and who silenced what: lines of JSON that are only ever added, each bound to the one before.

A line holds `seq`, `time`, `who` (the name given at login), `token` (which token: the beginning of its SHA-256),
`what` (`login`, `logout`, `view`, `silence`, `unsilence`), what belongs to it, and `hash`: the SHA-256 of the line's
other members as canonical JSON, with the hash of the line before as `previous`. A line that is changed, taken out or
moved breaks the chain from there on; `verify` finds the first that does. A patient is a keyed hash, never an MRN or a
name: whoever has the data folder's key can ask for one patient, nobody else can read any.
"""

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FIRST = "0" * 64
LONGEST_LINE = 64 * 1024


class BrokenChainError(Exception):
    """The log was tampered with, or damaged: `line` is the first that does not fit, counted from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line} of the audit log {why}")
        self.line = line


def hash_of(entry: dict[str, Any]) -> str:
    """The hash of an entry without its own `hash`."""
    rest = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def verify(path: Path) -> int:
    """How many lines the log has; raises `BrokenChainError` for the first that does not belong where it stands."""
    previous, count = FIRST, 0
    if not path.exists():
        return 0
    with path.open("rb") as file:
        for count, line in enumerate(file, 1):
            try:
                entry = json.loads(line)
            except ValueError:
                raise BrokenChainError(count, "is no JSON") from None
            if not isinstance(entry, dict) or entry.get("hash") != hash_of(entry):
                raise BrokenChainError(count, "was changed")
            if entry.get("seq") != count or entry.get("previous") != previous:
                raise BrokenChainError(count, "does not follow the line before it")
            previous = entry["hash"]
    return count


class Audit:
    """Adds to the log of one folder; each entry is on disk before what it tells of is answered."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._seq, self._previous = _end_of(path)

    def add(self, entries: Iterable[dict[str, Any]]) -> None:
        """Add entries in order; raises `OSError` when they cannot be kept, and then nothing may be shown."""
        with self._lock:
            seq, previous, lines = self._seq, self._previous, []
            for entry in entries:
                seq += 1
                told = {**entry, "seq": seq, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
                told["previous"] = previous
                told["hash"] = previous = hash_of(told)
                lines.append(json.dumps(told, separators=(",", ":")).encode() + b"\n")
            if lines:
                self._write(b"".join(lines))
                self._seq, self._previous = seq, previous

    def _write(self, lines: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            before = os.fstat(descriptor).st_size
            try:
                written = os.write(descriptor, lines)
                if written != len(lines):
                    raise OSError("the disk is full")
                os.fsync(descriptor)
            except OSError:
                with contextlib.suppress(OSError):  # half a line would break the chain for good
                    os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)


def _end_of(path: Path) -> tuple[int, str]:
    """The number and the hash of the last line. What a crash left of an unfinished line is cut off: it told nobody."""
    if not path.exists():
        return 0, FIRST
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - 2 * LONGEST_LINE)
        file.seek(start)
        tail = file.read()
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            file.truncate(start + whole)
        lines = tail[:whole].splitlines()
    if not lines:
        return 0, FIRST
    try:
        last = json.loads(lines[-1])
        return int(last["seq"]), str(last["hash"])
    except (ValueError, KeyError, TypeError):
        # The chain is broken there already, which `verify` tells; what comes now begins anew behind it.
        return 0, FIRST
