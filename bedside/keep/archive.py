"""The file of a backup: an uncompressed tar that anybody can look into, with `manifest.json` as its last member.

    identity.db                 the identity database: names, stays, receipts, the outbox, tokens' hashes (SQLite)
    secret.key                  the key of the hashes that stand for MRNs and names
    kept/…                      small files that the folder must not lose: the pseudonyms' key, the audit log
    images/ab/abcdef…           flow images by their SHA-256
    points/raw/000001.lp.gz     the points of the bucket, as gzipped line protocol in nanoseconds
    points/_5m/000001.lp.gz     those of the bucket with that ending, and so on
    manifest.json               what there is: size and SHA-256 of every member, counts, where it comes from

The manifest is written in one canonical form and holds the SHA-256 of itself, and nothing but the padding of tar comes
after it: an archive of which a byte was changed or lost does not pass.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec

from bedside.errors import Failure
from bedside.keep.damaged import changed
from bedside.keep.envelope import Sealing
from bedside.keep.keys import Lock

FORMAT = 1
MANIFEST = "manifest.json"
MANIFEST_BYTES = 512 * 2**20  # a million images are 150 MB of it
PIECE_BYTES = 1 << 20
NAMES = re.compile(
    r"identity\.db|secret\.key|kept/secrets/pseudonym-key|kept/ward/[A-Za-z0-9._-]{1,100}|images/[0-9a-f]{2}/[0-9a-f]{64}"
    r"|points/[A-Za-z0-9_-]{1,64}/[0-9]{6,9}\.lp\.gz"
)
_SEAL = "sha256"


@dataclass(frozen=True)
class Member:
    """A member of an archive as its manifest describes it."""

    name: str
    size: int
    sha256: str


class _Bucket(msgspec.Struct):
    ending: str
    retention_s: int
    values: int
    parts: int


class _Manifest(msgspec.Struct):
    """What is read of a manifest: whoever can write one can seal it."""

    id: str
    begun: str
    schema: str
    counts: dict[str, int]
    buckets: list[_Bucket]
    members: list[Member]


class Writer:
    """Writes an archive: members one after another, then `finish`. Until then the file has another name."""

    def __init__(self, path: Path, lock: Lock | None = None) -> None:
        """Encrypted where there is a lock. Failure where the file is there already or cannot be made."""
        self.path = path
        self.members: list[Member] = []
        self.partial = path.with_name(f"{path.name}.partial")
        if path.exists():
            raise Failure(f"{path} is there already: name another file, or move that one away.")
        try:
            self.partial.unlink(missing_ok=True)  # of one that was killed
            # Where others may write, too, none of them has made it, to read what comes or to lead it elsewhere.
            descriptor = os.open(self.partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as problem:
            raise Failure(f"{path} cannot be written: {problem.strerror}.") from None
        self._file = os.fdopen(descriptor, "wb")
        self._sealing = None if lock is None else Sealing(self._file, lock)
        into: Any = self._sealing or self._file
        self._tar = tarfile.open(fileobj=into, mode="w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115

    def add(self, name: str, content: bytes) -> None:
        """Add a member of that content."""
        self._put(name, io.BytesIO(content), len(content))
        self.members.append(Member(name, len(content), hashlib.sha256(content).hexdigest()))

    def add_file(self, name: str, file: IO[bytes]) -> None:
        """Add a member with what an open file holds, as long as it is now."""
        size = os.fstat(file.fileno()).st_size
        hashing = _Hashing(file)
        self._put(name, hashing, size)
        self.members.append(Member(name, size, hashing.digest.hexdigest()))

    def finish(self, facts: dict[str, Any]) -> None:
        """Add the manifest, see to it that all is on the disk, and give the file its name."""
        manifest = {"format": FORMAT, **facts, "members": [vars(member) for member in self.members]}
        content = _canonical({**manifest, _SEAL: hashlib.sha256(_canonical(manifest)).hexdigest()})
        self._put(MANIFEST, io.BytesIO(content), len(content))
        self._tar.close()
        if self._sealing is not None:
            self._sealing.finish()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.partial.rename(self.path)
        sync_folder(self.path.parent)

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._sealing is not None:
            self._sealing.abandon()
        with contextlib.suppress(OSError):  # what is left in its buffer finds no room either
            self._file.close()
        self.partial.unlink(missing_ok=True)

    def _put(self, name: str, content: Any, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, int(time.time())
        self._tar.addfile(member, content)


@contextlib.contextmanager
def writing(path: Path, lock: Lock | None = None) -> Iterator[Writer]:
    """A writer that leaves nothing behind where the block fails; a full disk is said in a sentence."""
    writer = Writer(path, lock)
    try:
        yield writer
    except OSError as problem:
        writer.abandon()
        raise Failure(f"{path} could not be written to its end: {problem.strerror or problem}.") from None
    except BaseException:
        writer.abandon()
        raise


class Archive:
    """An archive that was found to be whole: its manifest, and its points to be read again."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest

    def parts(self, folder: str) -> Iterator[bytes]:
        """The members `points/FOLDER/…`, in order, as they are (gzipped)."""
        hashes = {member["name"]: member["sha256"] for member in self.manifest["members"]}
        with tarfile.open(self.path, "r:") as tar:
            for member in tar:
                if member.name.startswith(f"points/{folder}/"):
                    file = tar.extractfile(member)
                    content = file.read() if file else b""
                    if hashlib.sha256(content).hexdigest() != hashes[member.name]:
                        raise changed(self.path, f"{member.name} was changed while it was read")
                    yield content


def unpack(path: Path, target: Path, tell: Callable[[int, int], None]) -> Archive:
    """Read the whole archive, write all but the points below `target`, and hold everything against the manifest.

    `tell` is told bytes read and bytes in all. Raises `Damaged` with the first thing that does not fit; what was
    written below `target` is the caller's to remove.
    """
    try:
        (target / "images").mkdir(mode=0o700)
        total = path.stat().st_size
        with tarfile.open(path, "r:") as tar:
            found: dict[str, Member] = {}
            manifest: dict[str, Any] | None = None
            last = tarfile.TarInfo()
            for member in tar:
                if manifest is not None:
                    raise changed(path, f"{member.name} stands behind the manifest")
                # A sparse file takes no room here and as much as it says there.
                if not member.isreg() or member.issparse() or member.name in found:
                    raise changed(path, f"{member.name!r} should not be there")
                file = tar.extractfile(member)
                assert file is not None
                if member.name == MANIFEST:
                    last = member
                    manifest = _manifest(path, file, member)
                else:
                    found[member.name] = _take(path, file, member, target)
                tell(min(member.offset_data + member.size, total), total)
        if manifest is None:
            raise changed(path, "its manifest is missing: the file was cut off, or damaged within")
        _check_tail(path, last)
    except (tarfile.TarError, EOFError) as problem:
        raise changed(path, str(problem)) from None
    except (ValueError, LookupError, ArithmeticError):  # of headers that tarfile does not look at before it reads them
        raise changed(path, "its headers are none") from None
    except OSError as problem:
        raise Failure(f"{path} cannot be read or unpacked: {problem.strerror or problem}.") from None
    _check_members(path, manifest, found)
    tell(total, total)
    return Archive(path, manifest)


def sync_folder(folder: Path) -> None:
    """Make the names within a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self.digest.update(content)
        return content


def _take(path: Path, file: IO[bytes], member: tarfile.TarInfo, target: Path) -> Member:
    """Hash a member; unless it is points, write it below the folder and on to the disk."""
    if not NAMES.fullmatch(member.name) or ".." in member.name:
        raise changed(path, f"{member.name!r} is nothing that a backup holds")
    hashing, size = _Hashing(file), 0
    if member.name.startswith("points/"):
        while piece := hashing.read(PIECE_BYTES):
            size += len(piece)
    else:
        place = target / member.name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            while piece := hashing.read(PIECE_BYTES):
                size += len(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
    return Member(member.name, size, hashing.digest.hexdigest())


def _manifest(path: Path, file: IO[bytes], member: tarfile.TarInfo) -> dict[str, Any]:
    """The manifest, if it is as it was written and of a form that is known here."""
    content = file.read(MANIFEST_BYTES) if member.size <= MANIFEST_BYTES else b""
    try:
        manifest = json.loads(content)
        rest = {name: value for name, value in manifest.items() if name != _SEAL}
        whole = _canonical(manifest) == content
        sealed = whole and manifest[_SEAL] == hashlib.sha256(_canonical(rest)).hexdigest()
    except (ValueError, KeyError, AttributeError, UnicodeError, RecursionError):
        sealed = False
        manifest = {}
    if not sealed:
        raise changed(path, "its manifest was changed")
    if manifest.get("format") != FORMAT:
        raise Failure(f"{path} was written by a newer Bedside than this one. Update this program, then try again.")
    try:
        msgspec.convert(manifest, _Manifest)
    except msgspec.ValidationError:
        raise changed(path, "its manifest is none") from None
    return manifest


def _check_members(path: Path, manifest: dict[str, Any], found: dict[str, Member]) -> None:
    listed = {member["name"]: Member(**member) for member in manifest["members"]}
    for name in listed.keys() | found.keys():
        if name not in found:
            raise changed(path, f"{name} is missing")
        if name not in listed:
            raise changed(path, f"{name} is not in its manifest")
        if listed[name] != found[name]:
            raise changed(path, f"{name} was changed")
        if name.startswith("images/") and found[name].sha256 != name.rsplit("/", 1)[1]:
            raise changed(path, f"{name} is not the image of that name")
    if list(listed) != list(found):
        raise changed(path, "its members are in another order than its manifest tells")
    if "identity.db" not in found or "secret.key" not in found:
        raise changed(path, "the identity database or the folder's secret is missing")


def _check_tail(path: Path, last: tarfile.TarInfo) -> None:
    """Behind the manifest tar pads with zeros to a multiple of its record: neither less nor anything else."""
    end = last.offset_data + last.size
    blocks = -(-end // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE
    whole = -(-blocks // tarfile.RECORDSIZE) * tarfile.RECORDSIZE
    with path.open("rb") as file:
        file.seek(end)
        if path.stat().st_size != whole or file.read().strip(b"\0"):
            raise changed(path, "its end is missing, or something follows it")


def _canonical(manifest: dict[str, Any]) -> bytes:
    return json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
