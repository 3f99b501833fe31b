"""Who saw which patient, and who changed what: lines of JSON that are only ever added, each bound to the one before.

A line holds `seq`, `time`, `who` (a token's name, or the name given at the page's login), `token` (which token: the
beginning of its SHA-256), `what`, what belongs to it, and `hash`: the SHA-256 of the line's other members as canonical
JSON, with the hash of the line before as `previous`. A line that is changed, taken out or moved breaks the chain from
there on; `verify` finds the first that does. A patient is a keyed hash, never an MRN or a name: whoever has the data
folder's key can ask for one patient, nobody else can read any.

One log, written by the API's process and the page's alike, each holding the log's lock for as long as it adds. It is
bounded: a file that has grown to `file_bytes` is put aside and the next goes on with the chain; beyond `most_files` the
oldest goes, and a line says so with the last hash of what went, so that the chain still has a beginning that can be
checked. What a chain cannot show is that its end was cut off: compare with a head that was kept elsewhere (`verify`).
"""

import contextlib
import fcntl
import hashlib
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

FIRST = "0" * 64
LONGEST_VALUE = 256
LONGEST_LINE = 64 * 1024
FILE_BYTES, MOST_FILES = 16 * 2**20, 64
LOCK_WITHIN_S, LOOK_EVERY_S = 2.0, 0.01
DROPPED = "dropped"
Entry = dict[str, Any]


class BrokenChainError(Exception):
    """The log was tampered with, or damaged: `line` of `file` is the first that does not fit, counted from 1."""

    def __init__(self, file: Path, line: int, why: str) -> None:
        super().__init__(f"line {line} of {file.name} {why}")
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class Chain:
    """A whole chain: how many lines it has, the `seq` of its first and last, and the last one's hash, its head."""

    lines: int = 0
    first: int = 1
    last: int = 0
    head: str = FIRST


def audit_file(data: Path) -> Path:
    """Where the log of a data folder is."""
    return data / "ward" / "audit.jsonl"


def hash_of(entry: Entry) -> str:
    """The hash of an entry without its own `hash`."""
    rest = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def files_of(path: Path) -> list[Path]:
    """The files of a log, the oldest first: those put aside are named by their last `seq`, then the one at `path`."""
    aside = sorted(path.parent.glob(f"{path.stem}-*{path.suffix}"))
    return [*aside, path] if path.exists() else aside


def verify(path: Path, known: tuple[int, str] | None = None) -> Chain:
    """The chain of the log at `path`; raises `BrokenChainError` for the first line that does not belong there.

    `known` is the seq and the hash of a line that was seen before: where the log does not hold it any more, its end was
    cut off, or all of it written anew.
    """
    chain, begun_at, dropped = Chain(), "", dict[int, str]()
    with _opened(path) as opened:
        for file, stream, size in opened:
            for number, line in _lines(stream, size):
                entry = _read(file, number, line)
                seq = entry.get("seq")
                if chain.lines == 0:
                    begun_at = str(entry.get("previous"))
                    chain = Chain(0, seq, seq - 1, begun_at) if type(seq) is int else chain
                if type(seq) is not int or seq != chain.last + 1 or entry.get("previous") != chain.head:
                    raise BrokenChainError(file, number, "does not follow the line before it")
                if known is not None and seq == known[0] and entry["hash"] != known[1]:
                    raise BrokenChainError(file, number, "is another than the one that was known")
                if entry.get("what") == DROPPED and isinstance(through := entry.get("through"), int):
                    dropped[through] = str(entry.get("last_hash"))
                chain = Chain(chain.lines + 1, chain.first, chain.last + 1, entry["hash"])
    if chain.lines and begun_at != (FIRST if chain.first == 1 else dropped.get(chain.first - 1)):
        raise BrokenChainError(files_of(path)[0], 1, "is not where the log began, and nothing says what went before it")
    if known is not None and chain.last < known[0]:
        raise BrokenChainError(path, chain.lines, f"is the last, but the log had a line {known[0]}: its end is gone")
    return chain


def entries(path: Path) -> Iterator[Entry]:
    """Every entry, the oldest first; a line that is none is left out (`verify` tells of it)."""
    with _opened(path) as opened:
        for _file, stream, size in opened:
            for _number, line in _lines(stream, size):
                with contextlib.suppress(ValueError):
                    entry = json.loads(line)
                    if isinstance(entry, dict):
                        yield entry


def last_line(path: Path) -> tuple[int, str] | None:
    """The number and the hash of a log's last line; None where it has none."""
    for file in reversed(files_of(path)):
        found = _end_of(file)
        if found is not None:
            return found
    return None


class Audit:
    """Adds to the log at `path`; each entry is on disk before what it tells of is answered."""

    def __init__(self, path: Path, *, file_bytes: int = FILE_BYTES, most_files: int = MOST_FILES) -> None:
        self._path = path
        self._file_bytes = file_bytes
        self._most_files = most_files
        self._mine = threading.Lock()
        self._end: tuple[tuple[int, int], int, str] | None = None  # which file of what size ends with which line
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _give_to_owner(path.parent, path.parent.parent)

    def add(self, added: Iterable[Entry]) -> None:
        """Add entries in order; raises `OSError` when they cannot be kept, and then nothing may be shown or done."""
        told = list(added)
        if not told:
            return
        with self._mine, _lock(self._path):
            seq, previous = self._last()
            if self._path.exists() and self._path.stat().st_size >= self._file_bytes:
                told = [*self._put_aside(seq), *told]
            lines = []
            for entry in told:
                seq += 1
                line, previous = _line(entry, seq, previous)
                lines.append(line)
            self._end = (self._write(b"".join(lines)), seq, previous)

    def _last(self) -> tuple[int, str]:
        """The number and the hash of the last line; looked for again where another process has added since."""
        with contextlib.suppress(FileNotFoundError):
            if self._end is not None and self._end[0] == _mark(self._path.stat()):
                return self._end[1], self._end[2]
        return last_line(self._path) or (0, FIRST)

    def _put_aside(self, seq: int) -> list[Entry]:
        """Begin a new file; the entry that tells which lines go, where there are too many files."""
        self._path.rename(self._path.with_name(f"{self._path.stem}-{seq:015d}{self._path.suffix}"))
        told: list[Entry] = []
        for oldest in files_of(self._path)[: -self._most_files]:
            found = _end_of(oldest)
            oldest.unlink()
            if found is not None:
                told.append(
                    {"who": "bedside", "token": "", "what": DROPPED, "through": found[0], "last_hash": found[1]}
                )
        return told

    def _write(self, lines: bytes) -> tuple[int, int]:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            _give_to_owner(descriptor, self._path.parent)
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
            return _mark(os.fstat(descriptor))
        finally:
            os.close(descriptor)


def _mark(status: os.stat_result) -> tuple[int, int]:
    return status.st_ino, status.st_size


def _give_to_owner(made: Path | int, folder: Path) -> None:
    """What root makes belongs to the folder's owner, whose servers could not add to it otherwise."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(made, owner.st_uid, owner.st_gid)


def _line(entry: Entry, seq: int, previous: str) -> tuple[bytes, str]:
    """An entry as a line of the log, its texts cut to what a line may hold; and its hash."""
    told = {name: value[:LONGEST_VALUE] if isinstance(value, str) else value for name, value in entry.items()}
    told |= {"seq": seq, "time": datetime.now(UTC).isoformat(timespec="milliseconds"), "previous": previous}
    told["hash"] = hash_of(told)
    return _text(told), told["hash"]


def _text(entry: Entry) -> bytes:
    """The one way in which an entry is written."""
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold the log's lock, which each process that adds to it takes; raises `OSError` where another does not let go."""
    deadline = time.monotonic() + LOCK_WITHIN_S
    with path.with_suffix(".lock").open("ab") as lock:
        _give_to_owner(lock.fileno(), path.parent)
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_EVERY_S)
        yield


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[list[tuple[Path, BinaryIO, int]]]:
    """The log's files, open, with their sizes at one instant; what is added meanwhile is not looked at."""
    with contextlib.ExitStack() as stack:
        with contextlib.ExitStack() as held:
            with contextlib.suppress(OSError):  # a copy that cannot be written has nobody who adds to it
                if path.parent.exists():
                    held.enter_context(_lock(path))
            opened: list[tuple[Path, BinaryIO, int]] = []
            for file in files_of(path):
                stream = stack.enter_context(file.open("rb"))
                opened.append((file, stream, os.fstat(stream.fileno()).st_size))
        yield opened


def _lines(stream: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
    """The lines within the first `size` bytes, counted from 1; none is read further than a line may be long."""
    number = 0
    while stream.tell() < size:
        number += 1
        yield number, stream.readline(LONGEST_LINE)


def _read(file: Path, number: int, line: bytes) -> Entry:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise BrokenChainError(file, number, "is no JSON") from None
    if not line.endswith(b"\n"):
        raise BrokenChainError(file, number, "is not finished")
    if not isinstance(entry, dict) or entry.get("hash") != hash_of(entry) or _text(entry) != line:
        raise BrokenChainError(file, number, "was changed")
    return entry


def _end_of(file: Path) -> tuple[int, str] | None:
    """The number and hash of a file's last line. What a crash left of an unfinished line is cut off: it told nobody."""
    with file.open("r+b") as stream:
        size = stream.seek(0, os.SEEK_END)
        start = max(0, size - 2 * LONGEST_LINE)
        stream.seek(start)
        tail = stream.read()
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            stream.truncate(start + whole)
        lines = tail[:whole].splitlines()
    if not lines:
        return None
    try:
        last = json.loads(lines[-1])
        return int(last["seq"]), str(last["hash"])
    except (ValueError, KeyError, TypeError):
        # The chain is broken there already, which `verify` tells; what comes now begins anew behind it.
        return 0, FIRST
