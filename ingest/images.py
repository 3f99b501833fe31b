"""Flow images by their content: `DATA/images/ab/abcdef…`, the name is the SHA-256 of the bytes.

An image is on disk, file and folder synced, before the transaction that names it begins, so an acknowledged digest
always has its image. A request that fails takes its image away again, unless another has it in use.
"""

import base64
import binascii
import hashlib
import os
import re
import threading
import time
from pathlib import Path

from ingest.errors import Unavailable

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
LOOK_EVERY_S = 1.0
DIGEST = re.compile(r"[0-9a-f]{64}")


def decode(encoded: str) -> bytes:
    """The bytes of a base64 PNG or JPEG; raises `ValueError` when it is anything else."""
    try:
        content = binascii.a2b_base64(encoded.encode("ascii"), strict_mode=True)
    except ValueError:
        raise ValueError("must be base64 without line breaks") from None
    if not content.startswith((PNG, JPEG)):
        raise ValueError("must be a PNG or JPEG image")
    return content


def decode_leniently(text: str) -> bytes:
    """`/add_patient` takes any text: the bytes it encodes where it is base64, else the text itself."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        return text.encode("utf-8", "surrogatepass")


def digest(content: bytes) -> str:
    """The name of an image."""
    return hashlib.sha256(content).hexdigest()


def media_type(content: bytes) -> str:
    """What to serve it as; what is no image is never served as something that a browser would run."""
    if content.startswith(PNG):
        return "image/png"
    return "image/jpeg" if content.startswith(JPEG) else "application/octet-stream"


class ImageStore:
    """The folder of images. Any thread may use it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._users: dict[str, int] = {}
        self._fresh: set[str] = set()  # written by requests that are under way
        self._trouble: str | None = None
        self._refused_bytes = 0
        self._looked_at = 0.0
        for left in folder.glob("*/*.new"):
            left.unlink(missing_ok=True)

    def hold(self, content: bytes) -> str:
        """Make the image durable and hold it until `release`; its digest. Raises `Unavailable` if the disk refuses."""
        name = digest(content)
        path = self._path(name)
        with self._lock:
            self._users[name] = self._users.get(name, 0) + 1
            try:
                if not path.exists():
                    self._write(path, content)
                    self._fresh.add(name)
                    self._trouble = None
            except OSError as problem:
                self._drop(name)
                self._trouble, self._refused_bytes = problem.strerror or type(problem).__name__, len(content)
                self._looked_at = time.monotonic()
                raise Unavailable("cannot-store", f"The image cannot be kept now: {problem.strerror}.", 2) from None
        return name

    def trouble(self) -> str | None:
        """Why the last image could not be kept; None once one can. Whether one can is tried, once a second at most."""
        with self._lock:
            if self._trouble is not None and time.monotonic() - self._looked_at >= LOOK_EVERY_S:
                self._looked_at = time.monotonic()
                try:
                    self._try(bytes(self._refused_bytes))
                except OSError as problem:
                    self._trouble = problem.strerror or type(problem).__name__
                else:
                    self._trouble = None
            return self._trouble

    def release(self, name: str, *, kept: bool) -> None:
        """The request that held it is done; `kept` says that its transaction names the image now."""
        with self._lock:
            if kept:
                self._fresh.discard(name)
            self._drop(name)

    def read(self, name: str) -> bytes | None:
        """The image of that digest, or None."""
        if not DIGEST.fullmatch(name):
            return None
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def discard(self, name: str) -> bool:
        """Take away an image that nothing names any more; False where it is not there, or a request holds it."""
        with self._lock:
            if name in self._users or not DIGEST.fullmatch(name) or not self._path(name).exists():
                return False
            self._path(name).unlink()
            return True

    def _drop(self, name: str) -> None:
        self._users[name] -= 1
        if self._users[name]:
            return
        del self._users[name]
        if name in self._fresh:
            self._fresh.discard(name)
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _try(self, content: bytes) -> None:
        """Write as much as was refused, and take it away again."""
        folder = self._folder / "00"
        folder.mkdir(mode=0o700, exist_ok=True)
        probe = folder / "probe.new"  # which a start takes away as well, where a crash leaves it
        try:
            _put(probe, content)
        finally:
            probe.unlink(missing_ok=True)

    def _write(self, path: Path, content: bytes) -> None:
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700)
            _sync(self._folder)
        partial = path.with_suffix(".new")
        try:
            _put(partial, content)
            partial.replace(path)
            _sync(path.parent)
        except OSError:
            partial.unlink(missing_ok=True)
            path.unlink(missing_ok=True)  # its name may not be on the disk: who sends it again is to wait for that anew
            raise


def _put(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
