"""Who silenced which alert, since when and until when: kept on disk, so that a restart forgets none.

To acknowledge is to say "seen": it ends when the alert ends, and after `ACKNOWLEDGED_S` in any case. To snooze is to
be left alone for a while that was chosen, at most `LONGEST_S`. There is no silence without an end.
"""

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ward.errors import NotAllowed, NotFound

KINDS = ("acknowledge", "snooze")
ACKNOWLEDGED_S = 4 * 3600
LONGEST_S = 12 * 3600
MOST = 10_000
KEEP_S = 30 * 86_400
_TABLE = """CREATE TABLE IF NOT EXISTS silences (
    id TEXT PRIMARY KEY, alert TEXT NOT NULL, kind TEXT NOT NULL, who TEXT NOT NULL, comment TEXT NOT NULL,
    from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL)"""


@dataclass(frozen=True)
class Silence:
    """One silence: `alert` is the id of the alert it is for."""

    id: str
    alert: str
    kind: str
    who: str
    comment: str
    from_ms: int
    until_ms: int

    def document(self) -> dict[str, Any]:
        """The silence as the page shows it."""
        return asdict(self)


def _to_nobody(_silence: Silence) -> None:
    pass


class Silences:
    """The silences of one ward, in one SQLite file with one connection."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(_TABLE)

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _change(self) -> Iterator[None]:
        """All of what is done within, or nothing where it raises."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield

    def add(
        self,
        alert: str,
        kind: str,
        who: str,
        comment: str,
        for_s: float | None,
        told: Callable[[Silence], None] = _to_nobody,
    ) -> Silence:
        """Silence an alert from now, once `told` has written it down: where that raises, nothing is silenced.

        Raises `NotAllowed` for a kind or a length that is not allowed.
        """
        if kind not in KINDS:
            raise NotAllowed("unfit-silence", "An alert is acknowledged or snoozed.")
        length_s = ACKNOWLEDGED_S if kind == "acknowledge" else for_s
        if length_s is None or not 60 <= length_s <= LONGEST_S:
            raise NotAllowed("unfit-silence", "Snooze for a minute to twelve hours: never for ever.")
        now_ms = int(time.time() * 1000)
        made = Silence(secrets.token_hex(8), alert, kind, who, comment, now_ms, now_ms + int(length_s * 1000))
        with self._change():
            self._db.execute("DELETE FROM silences WHERE until_ms < ?", (now_ms - KEEP_S * 1000,))
            (count,) = self._db.execute("SELECT count(*) FROM silences").fetchone()
            if count >= MOST:
                raise NotAllowed("too-many-silences", "Too many silences are kept. Wait until some have ended.")
            self._db.execute("UPDATE silences SET until_ms=? WHERE alert=? AND until_ms>?", (now_ms, alert, now_ms))
            row = (made.id, alert, kind, who, comment, now_ms, made.until_ms)
            self._db.execute("INSERT INTO silences VALUES (?,?,?,?,?,?,?)", row)
            told(made)
        return made

    def lift(self, id_: str, told: Callable[[Silence], None] = _to_nobody) -> None:
        """End a silence now, once `told` has written it down; raises `NotFound` where none of that id is in force."""
        now_ms = int(time.time() * 1000)
        with self._change(), closing(self._db.cursor()) as cursor:
            row = cursor.execute("SELECT * FROM silences WHERE id=? AND until_ms>?", (id_, now_ms)).fetchone()
            if row is None:
                raise NotFound("no-silence", "That silence has ended already.")
            cursor.execute("UPDATE silences SET until_ms=? WHERE id=?", (now_ms, id_))
            told(Silence(*row))

    def ended(self, alert: str) -> None:
        """The alert fires no more: whoever acknowledged it has nothing more to see, and a new one is a new one."""
        now_ms = int(time.time() * 1000)
        with self._lock:
            self._db.execute(
                "UPDATE silences SET until_ms=? WHERE alert=? AND kind='acknowledge' AND until_ms>?",
                (now_ms, alert, now_ms),
            )

    def in_force(self) -> dict[str, Silence]:
        """The silences that hold now, by alert."""
        now_ms = int(time.time() * 1000)
        with self._lock:
            rows = self._db.execute("SELECT * FROM silences WHERE until_ms>? ORDER BY from_ms", (now_ms,)).fetchall()
        return {row[1]: Silence(*row) for row in rows}
