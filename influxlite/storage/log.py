"""The log: what was acknowledged and is not in the tables yet, in the order in which it was.

    log/%016d.log   a segment, named by the number of its first record
    segment = MAGIC { record }
    record  = length u32, CRC-32 u32 of what follows, number u64, kind u8, precision u8, bucket id 16s, now_ns i64, body
              (little-endian; `length` is that of the body; `number` goes up over all segments and restarts)

A group of records is written and synced at once; only then are they acknowledged. A process that dies in between leaves
a last record in part, which the next start cuts off. A group that cannot be written is cut off at once. Segments go
when the tables hold all of their records.
"""

import contextlib
import fcntl
import itertools
import logging
import os
import re
import struct
import sys
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from influxlite.storage.errors import FolderError

log = logging.getLogger("influxlite.storage")
MAGIC = b"influxlite log 1\n"
HEAD = struct.Struct("<II")
META = struct.Struct("<QBB16sq")
SEGMENT_BYTES = 16 * 2**20
WORTH_ENDING = 2**20  # an open segment of this size is ended when nothing in it is needed
MAX_BODY = 2**31  # what a length may say; more is no record
PARTS_AT_ONCE = 512  # of one writev; POSIX allows 1,024
LINES, POINTS = 0, 1  # kinds of records: line protocol as it was sent; points as JSON


class Record(NamedTuple):
    """One write. `precision` is the position of its name in line_protocol.PRECISIONS."""

    number: int
    kind: int
    precision: int
    bucket_id: str
    now_ns: int
    body: bytes


class Log:
    """The segments of a folder. One thread appends; `release` and `retire` may be called from any."""

    def __init__(self, folder: Path) -> None:
        """Use the folder, making it where it is missing; FolderError where that cannot be."""
        self._folder = folder
        try:
            folder.mkdir(exist_ok=True)
        except OSError as fault:
            raise FolderError(f"cannot write to the data folder {folder.parent}: {fault.strerror}") from fault
        self._lock = threading.Lock()  # over the open segment
        self._descriptor: int | None = None
        self._size = 0
        self._last = 0  # the number of the last record
        self._spoiled = False
        self._retiring = False  # whether what it holds shall go as soon as the tables have it

    # reading

    def read(self, after: int) -> Iterator[Record]:
        """The records with a number above `after`, in order, when nothing is appended yet.

        What a write left in part at the end is cut off. FolderError where a record before the last segment's end is
        damaged: something other than a killed process has changed the file.
        """
        segments = self._segments()
        for position, path in enumerate(segments):
            with path.open("rb") as file:
                whole = len(MAGIC) if file.read(len(MAGIC)) == MAGIC else 0
            for record, end in read_segment(path):
                whole = end
                self._last = record.number
                if record.number > after:
                    yield record
            left = path.stat().st_size - whole
            if left <= 0:
                continue
            if position < len(segments) - 1:
                raise FolderError(f"{path} is damaged at byte {whole}; restore the folder from a backup")
            log.warning("%d bytes of a write that was never acknowledged are cut off %s", left, path.name)
            if whole:
                os.truncate(path, whole)
            else:
                path.unlink()

    def _segments(self) -> list[Path]:
        """The segments, oldest first."""
        return sorted(path for path in self._folder.iterdir() if re.fullmatch(r"\d{16}\.log", path.name))

    def bytes(self) -> int:
        """How much all segments hold."""
        size = 0
        for path in self._segments():
            with contextlib.suppress(FileNotFoundError):
                size += path.stat().st_size
        return size

    # writing

    def append(self, records: Sequence[Record]) -> None:
        """Write records and sync them. OSError where that cannot be: then none of them is there."""
        with self._lock:
            self._append(records)

    def _append(self, records: Sequence[Record]) -> None:
        if self._spoiled:
            self._mend()
        if self._descriptor is not None and (self._size >= SEGMENT_BYTES or self._retiring):
            os.close(self._descriptor)
            self._descriptor = None
        self._retiring = False
        parts: list[bytes] = []
        for record in records:
            parts += encode(record)
        try:
            if self._descriptor is None:
                self._begin(records[0].number)
            assert self._descriptor is not None
            write_all(self._descriptor, parts)
            sync(self._descriptor)
        except OSError:
            self._spoiled = True
            with contextlib.suppress(OSError):
                self._mend()
            raise
        self._size += sum(map(len, parts))
        self._last = records[-1].number

    def _begin(self, number: int) -> None:
        """Begin a segment; its name is on disk before any of its records is acknowledged."""
        path = self._folder / f"{number:016d}.log"
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = 0
        write_all(self._descriptor, [MAGIC])
        folder = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._size = len(MAGIC)  # not before: a segment whose name may not be on disk is begun anew

    def _mend(self) -> None:
        """Cut off what a failed group has left, so that records of later groups stand behind whole ones."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, self._size)
            sync(self._descriptor)
            if not self._size:
                os.close(self._descriptor)
                self._descriptor = None
        self._spoiled = False

    def release(self, number: int) -> None:
        """The tables hold all records up to this number: segments that hold no other may go.

        The open one goes too when it has grown, and all before it, so that no megabytes of a log lie beside a server
        at rest.
        """
        with self._lock:
            grown = self._descriptor is not None and self._size >= WORTH_ENDING
            if self._last <= number and (grown or self._retiring):
                self._retiring = False
                if self._descriptor is not None:
                    os.close(self._descriptor)
                    self._descriptor = None
                for path in self._segments():
                    path.unlink(missing_ok=True)  # another thread may release as well
        segments = self._segments()
        for path, following in itertools.pairwise(segments):
            if int(following.stem) <= number + 1:
                path.unlink(missing_ok=True)

    def retire(self, number: int) -> None:
        """As `release`, for when something was deleted: what is in the log now does not stay for want of more to come.

        Where the tables do not hold all of it yet, it goes when they do.
        """
        with self._lock:
            self._retiring = True
        self.release(number)

    def close(self, released: int) -> None:
        """Close the log; where the tables hold all records up to `released` and that is all, nothing stays."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        self.release(released)
        last = self._segments()[-1:]
        if last and not any(record.number > released for record, _ in read_segment(last[0])):
            last[0].unlink()


def encode(record: Record) -> list[bytes]:
    """A record as bytes, in parts, so that its body is not copied."""
    meta = META.pack(record.number, record.kind, record.precision, record.bucket_id.encode(), record.now_ns)
    checksum = zlib.crc32(record.body, zlib.crc32(meta))
    return [HEAD.pack(len(record.body), checksum) + meta, record.body]


def read_segment(path: Path) -> Iterator[tuple[Record, int]]:
    """The whole records of a segment and where each ends, up to the first that is not whole."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return
        end = len(MAGIC)
        while len(head := file.read(HEAD.size + META.size)) == HEAD.size + META.size:
            length, checksum = HEAD.unpack_from(head)
            if length > MAX_BODY:
                return
            body = file.read(length)
            meta = head[HEAD.size :]
            if len(body) < length or zlib.crc32(body, zlib.crc32(meta)) != checksum:
                return
            number, kind, precision, bucket_id, now_ns = META.unpack(meta)
            end += len(head) + length
            yield Record(number, kind, precision, bucket_id.decode(), now_ns, body), end


def write_all(descriptor: int, parts: Sequence[bytes]) -> None:
    """Write all of it, in few calls; OSError where not all can be written."""
    for start in range(0, len(parts), PARTS_AT_ONCE):
        rest = [memoryview(part) for part in parts[start : start + PARTS_AT_ONCE]]
        while rest:
            written = os.writev(descriptor, rest)
            while rest and written >= len(rest[0]):
                written -= len(rest.pop(0))
            if rest and written:
                rest[0] = rest[0][written:]


def sync(descriptor: int) -> None:
    """Return when what was written is on the disk, not only in its cache."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)
