"""Who is logged in: sessions in memory, each with the clinician's token it was begun with.

A session's id is 256 random bits in a cookie; the token itself never goes back to the browser and is never written
down. A restart of the ward server ends all sessions. When there are too many, the one that ends soonest makes room.
Wrong tokens are slowed where the network is met (`serving.attempts`), and lock nobody out.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Session:
    """One login. `who` is the name that the person gave, `token_id` tells which token was used without giving it."""

    id: str
    token: str
    who: str
    role: str
    ends_s: float
    checked_s: float
    shown: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def token_id(self) -> str:
        """The first digits of the SHA-256 that the ingest API keeps of the token."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:16]


class Sessions:
    """All sessions of one server; safe to use from many threads."""

    def __init__(self, *, session_s: float, most: int) -> None:
        self._session_s = session_s
        self._most = most
        self._lock = threading.Lock()
        self._by_id: dict[str, Session] = {}

    def begin(self, token: str, who: str, role: str, told: Callable[[Session], None]) -> Session:
        """A new session for a token that the API has just taken, once `told` has written it down: else there is none.

        What `told` raises is raised.
        """
        now = time.time()
        session = Session(secrets.token_urlsafe(32), token, who, role, now + self._session_s, time.monotonic())
        told(session)
        with self._lock:
            self._by_id = {id_: kept for id_, kept in self._by_id.items() if kept.ends_s > now}
            if len(self._by_id) >= self._most:
                del self._by_id[min(self._by_id.values(), key=lambda kept: kept.ends_s).id]
            self._by_id[session.id] = session
        return session

    def find(self, id_: str) -> Session | None:
        """The session of that cookie, None where it is unknown or over."""
        with self._lock:
            session = self._by_id.get(id_)
            if session is not None and session.ends_s <= time.time():
                del self._by_id[id_]
                return None
            return session

    def end(self, session: Session) -> None:
        """Log out."""
        with self._lock:
            self._by_id.pop(session.id, None)
