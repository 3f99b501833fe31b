"""`Idempotency-Key`: the same request twice is one request, also when a reading has no time of its own.

The answer is stored in the transaction of the request itself, by token and key, for 48 hours. The same body gets it
again; another body is 422 `idempotency-key-reused`; while the first is still running, 409. A request that was refused
stored nothing, and neither is its answer: it may be mended and sent again under the same key.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ingest.errors import Conflict, Malformed, NotAllowed
from ingest.transaction import Transaction

KEPT_MS = 48 * 3_600_000
_KEY = re.compile(r"[!-~]{1,255}")
Answer = tuple[int, bytes]


class Keys:
    """The keys of requests that are running now. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[tuple[str, str]] = set()

    @contextmanager
    def running(self, token: str, key: str) -> Iterator[None]:
        """Raises `Malformed` for a key that is none, and `Conflict` while another request runs under it."""
        if not _KEY.fullmatch(key):
            raise Malformed(
                "invalid-idempotency-key",
                "An Idempotency-Key has 1 to 255 visible ASCII characters.",
                [("Idempotency-Key", "must have 1 to 255 visible ASCII characters")],
            )
        with self._lock:
            if (token, key) in self._running:
                raise Conflict(
                    "idempotency-key-running", "A request with this Idempotency-Key is still running. Wait for its end."
                )
            self._running.add((token, key))
        try:
            yield
        finally:
            with self._lock:
                self._running.discard((token, key))


def digest_of(path: str, body: bytes) -> bytes:
    """What tells two requests under one key apart."""
    return hashlib.sha256(path.encode() + b"\0" + body).digest()


def once(tx: Transaction, token: str, key: str, digest: bytes, work: Callable[[Transaction], Answer]) -> Answer:
    """The stored answer for that key, or the answer of `work`, stored now."""
    row = tx.query(
        "SELECT digest, status, body FROM idempotency WHERE token=? AND key=? AND created_ms>?",
        (token, key, tx.now_ms - KEPT_MS),
    ).fetchone()
    stored = row or next(((r[2], r[3], r[4]) for r in tx.group.idempotent if r[0] == token and r[1] == key), None)
    if stored is not None:
        if stored[0] != digest:
            raise NotAllowed(
                "idempotency-key-reused",
                "This Idempotency-Key was used for another body. Use a new key for a new request.",
                [("Idempotency-Key", "was used for another body")],
            )
        return stored[1], stored[2]
    status, body = work(tx)
    tx.idempotent.append((token, key, digest, status, body, tx.now_ms))
    return status, body
