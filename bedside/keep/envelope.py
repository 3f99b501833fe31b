"""The encryption of a backup, on request, by age (age-encryption.org/v1), so that age itself opens one, too.

for recipients      the tar of `archive.py` as one age file:
                        age --decrypt -i KEY ward.tar.age > ward.tar
with a passphrase   a tar of two: `key.age`, a key made for this backup alone, encrypted with the passphrase, and
                    `backup.tar.age`, the tar of `archive.py` encrypted for that key:
                        tar -xf ward.tar.age; age --decrypt -i key.age backup.tar.age > ward.tar

Both ways are a stream: whatever its length, a backup takes some hundred KB of memory to write and to read, and nothing
of it is on the target's disk in the clear. age vouches for each 64 KiB and for the end: what was changed or cut off is
refused before anything of it counts. It does not say who wrote a backup: anybody who knows a recipient can.
"""

import contextlib
import io
import os
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pyrage
from pyrage import passphrase as by_passphrase
from pyrage import x25519

from bedside.errors import Failure
from bedside.keep.damaged import changed
from bedside.keep.keys import BEGINNINGS, Key, Lock

KEY, CONTENT = "key.age", "backup.tar.age"
PIECE_BYTES = 1 << 20
KEY_BYTES = 4096  # an encrypted key has about 500


class Sealing:
    """Encrypts what is written to it into an open file, on a thread of its own."""

    def __init__(self, file: IO[bytes], lock: Lock) -> None:
        self._file = file
        self._begin = 0
        recipients = list(lock.recipients)
        if lock.passphrase is not None:
            identity = x25519.Identity.generate()
            key = by_passphrase.encrypt(f"{identity}\n".encode(), lock.passphrase, armored=True)
            file.write(_header(KEY, len(key)) + key + _padding(len(key)) + _header(CONTENT, 0))
            self._begin = file.tell()
            recipients = [identity.to_public()]
        self._written = 0
        self._problem: Exception | None = None
        source, into = os.pipe()
        self._into = os.fdopen(into, "wb", buffering=PIECE_BYTES)
        self._thread = threading.Thread(target=self._run, args=(source, recipients), name="sealing", daemon=True)
        self._thread.start()

    def write(self, piece: bytes, /) -> int:
        """Write all of that; OSError where it cannot be written."""
        try:
            self._written += self._into.write(piece)
        except BrokenPipeError:
            self._end()
            raise
        return len(piece)

    def tell(self) -> int:
        """How much was written to it, before encryption."""
        return self._written

    def finish(self) -> None:
        """Encrypt what is left, and complete what stands around it."""
        self._end()
        if self._begin:
            size = self._file.tell() - self._begin
            self._file.write(bytes(_whole(self._file.tell()) - self._file.tell()))
            self._file.seek(self._begin - tarfile.BLOCKSIZE)
            self._file.write(_header(CONTENT, size))

    def abandon(self) -> None:
        """Let go of the file."""
        with contextlib.suppress(OSError):
            self._end()

    def _end(self) -> None:
        """Wait until all is encrypted; OSError says why it is not."""
        with contextlib.suppress(BrokenPipeError):
            self._into.close()
        self._thread.join()
        if self._problem is not None:
            raise self._problem

    def _run(self, source: int, recipients: list[x25519.Recipient]) -> None:
        told = _Telling(self._file)
        try:
            with os.fdopen(source, "rb") as plain:
                pyrage.encrypt_io(plain, told, recipients)
        except Exception as problem:
            self._problem = told.problem or OSError(str(problem))


class _Telling(io.BufferedIOBase):
    """A file that keeps the error that a write ended with, of which the library passes on the text alone."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.problem: OSError | None = None

    def write(self, piece: Any, /) -> int:
        """Write it; OSError where it cannot be written."""
        try:
            return self._file.write(piece)
        except OSError as problem:
            self.problem = problem
            raise


def is_sealed(path: Path) -> bool:
    """Whether a file is a backup that was encrypted, by how it begins."""
    with path.open("rb") as file:
        beginning = file.read(tarfile.BLOCKSIZE)
    return beginning.startswith(BEGINNINGS) or _named(beginning, KEY)


def unseal(path: Path, key: Key, target: Path, tell: Callable[[int, int], None]) -> None:
    """Decrypt a backup to a new file. `Damaged` where it was changed or cut off, Failure where the key is another.

    `tell` is told bytes read and bytes in all.
    """
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out, path.open("rb") as file:
            size, identities = path.stat().st_size, list(key.identities)
            if key.passphrase is not None:
                size, identity = _take_key(path, file, key.passphrase)
                identities = [identity]
            pyrage.decrypt_io(_Rest(file, size, tell), out, identities)
    except pyrage.DecryptError as problem:
        if "matching" in str(problem):
            raise Failure(
                f"{path} is for another key than the one given, or its beginning is damaged. Nothing was changed."
            ) from None
        raise changed(path, f"its beginning was changed or cut off ({problem})") from None
    except OSError as problem:
        if problem.errno is None:
            raise changed(path, "what is encrypted in it was changed or cut off") from None
        raise Failure(f"{path} cannot be read or decrypted: {problem.strerror}.") from None


class _Rest(io.BufferedIOBase):
    """The next so many bytes of a file."""

    def __init__(self, file: IO[bytes], size: int, tell: Callable[[int, int], None]) -> None:
        self._file, self._left, self._size, self._tell = file, size, size, tell

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, at most so many."""
        piece = self._file.read(self._left if size is None or size < 0 else min(size, self._left))
        self._left -= len(piece)
        self._tell(self._size - self._left, self._size)
        return piece


def _take_key(path: Path, file: IO[bytes], passphrase: str) -> tuple[int, x25519.Identity]:
    """The size of what is encrypted, to which the file is read, and the key to it; what is around is as written."""
    size = _member(path, file, KEY, KEY_BYTES)
    sealed = file.read(size)
    if file.read(len(_padding(size))) != _padding(size):
        raise changed(path, "its beginning was changed or cut off")
    content = _member(path, file, CONTENT, path.stat().st_size)
    begin = file.tell()
    file.seek(begin + content)
    if path.stat().st_size != _whole(file.tell()) or file.read().strip(b"\0"):
        raise changed(path, "its end is missing, or something follows it")
    file.seek(begin)
    try:
        identity = x25519.Identity.from_str(by_passphrase.decrypt(sealed, passphrase).decode().strip())
    except (pyrage.IdentityError, UnicodeError):
        raise changed(path, "there is no key in it") from None
    except pyrage.DecryptError:
        raise Failure(
            f"{path} has another passphrase than the one given, or its beginning is damaged. Nothing was changed."
        ) from None
    return content, identity


def _member(path: Path, file: IO[bytes], name: str, most: int) -> int:
    """The size of a member of the outer tar, whose header must be the one that is written here."""
    block = file.read(tarfile.BLOCKSIZE)
    try:
        size = tarfile.TarInfo.frombuf(block, "ascii", "strict").size
    except (tarfile.TarError, UnicodeError):
        size = -1
    if not 0 < size <= most or block != _header(name, size):
        raise changed(path, "its beginning was changed or cut off")
    return size


def _named(block: bytes, name: str) -> bool:
    return block.startswith(name.encode() + b"\0")


def _header(name: str, size: int) -> bytes:
    """A tar header without time and owner, so that there is one for each size; GNU's form knows no largest size."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _whole(end: int) -> int:
    """How long a tar is whose last member ends there."""
    blocks = -(-end // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE
    return -(-blocks // tarfile.RECORDSIZE) * tarfile.RECORDSIZE
