"""Who may call: tokens of 256 random bits, kept as their SHA-256, each with a role and for monitors a list of rooms.

All good tokens are held in memory by their digest; the committer changes the table and then this book. The admin
token of `BEDSIDE_ADMIN_TOKEN` is the token with the id `admin`: it follows that setting from start to start.
"""

import hashlib
import hmac
import json
import secrets
import sqlite3
from dataclasses import dataclass

from ingest.clock import LAST_WRITTEN_MS, format_ms, now_ms
from ingest.errors import Conflict, Forbidden, NotAllowed, NotFound, Unauthenticated
from ingest.transaction import Transaction

ROLES = ("monitor", "clinician", "analyst", "admin")
ADMIN_ID = "admin"


@dataclass(slots=True, frozen=True)
class Token:
    """One token without its secret. `rooms` limits a monitor's token; None means every room."""

    id: str
    name: str
    role: str
    rooms: frozenset[str] | None
    digest: bytes
    created_ms: int
    expires_ms: int | None

    def document(self) -> dict[str, object]:
        """The token as the API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "role": self.role,
            "rooms": None if self.rooms is None else sorted(self.rooms),
            "created_at": format_ms(self.created_ms),
            "expires_at": None if self.expires_ms is None else format_ms(min(self.expires_ms, LAST_WRITTEN_MS)),
        }

    def may(self, role: str) -> bool:
        """Whether the token has that role; an admin has all."""
        return self.role in (role, "admin")

    def check_room(self, room: str) -> None:
        """Raises `Forbidden` when the token is limited to other rooms."""
        if self.rooms is not None and room not in self.rooms:
            raise Forbidden("room-not-allowed", "This token is limited to other rooms.", [("room", "is not allowed")])


class TokenBook:
    """The tokens that are good, by digest. Read by any thread; replaced as a whole by the committer's."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._by_digest: dict[bytes, Token] = {}
        self.load(db)

    def load(self, db: sqlite3.Connection) -> None:
        """Read the table."""
        rows = db.execute("SELECT id, name, role, rooms, digest, created_ms, expires_ms FROM tokens").fetchall()
        self._by_digest = {row[4]: _token(row) for row in rows}

    def list(self) -> list[Token]:
        """All tokens, the oldest first."""
        return sorted(self._by_digest.values(), key=lambda token: (token.created_ms, token.id))

    def authenticate(self, header: str | None) -> Token:
        """The token of an `Authorization` header; raises `Unauthenticated`."""
        scheme, _, secret = (header or "").partition(" ")
        if not secret or scheme.lower() != "bearer":
            raise Unauthenticated("Send `Authorization: Bearer TOKEN`.")
        digest = digest_of(secret.strip())
        token = self._by_digest.get(digest)
        if token is None or not hmac.compare_digest(token.digest, digest):
            raise Unauthenticated("The token is not known here, or was revoked.")
        if token.expires_ms is not None and token.expires_ms <= now_ms():
            raise Unauthenticated("The token has expired. Ask for a new one.")
        return token


def digest_of(secret: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def new_secret() -> str:
    """A token: 256 random bits."""
    return "bedside_" + secrets.token_urlsafe(32)


def create(
    tx: Transaction, *, name: str, role: str, rooms: list[str] | None, expires_ms: int | None, most: int
) -> tuple[Token, str]:
    """A new token and its secret, which is shown once. Raises `NotAllowed` when there are too many."""
    (count,) = tx.query("SELECT count(*) FROM tokens").fetchone()
    if count >= most:
        raise NotAllowed("too-many-tokens", f"This server keeps at most {most} tokens. Revoke some first.")
    secret = new_secret()
    token = Token(
        secrets.token_hex(8),
        name,
        role,
        None if rooms is None else frozenset(rooms),
        digest_of(secret),
        tx.now_ms,
        expires_ms,
    )
    tx.write(_INSERT, _row(token))
    return token, secret


def revoke(tx: Transaction, token_id: str) -> None:
    """The token is good no more. Raises `NotFound`; the admin token of the settings is a `Conflict`."""
    if token_id == ADMIN_ID:
        raise Conflict("admin-token", "The first admin token is a setting: change BEDSIDE_ADMIN_TOKEN, then restart.")
    if tx.write("DELETE FROM tokens WHERE id=?", (token_id,)).rowcount == 0:
        raise NotFound("not-found", "There is no token with that id.")


def make_admin(db: sqlite3.Connection, secret: str) -> None:
    """Make `secret` the first admin token, in place of the one before; call before the committer starts."""
    token = Token(ADMIN_ID, "admin", "admin", None, digest_of(secret), now_ms(), None)
    db.execute("BEGIN IMMEDIATE")
    db.execute("DELETE FROM tokens WHERE id=? OR digest=?", (ADMIN_ID, token.digest))
    db.execute(_INSERT, _row(token))
    db.execute("COMMIT")


def ensure_admin(db: sqlite3.Connection) -> str | None:
    """Make the first admin token where there is none: the secret to show once, or None when there is one already."""
    if db.execute("SELECT 1 FROM tokens WHERE role='admin'").fetchone():
        return None
    secret = new_secret()
    make_admin(db, secret)
    return secret


_INSERT = "INSERT INTO tokens (id, name, role, rooms, digest, created_ms, expires_ms) VALUES (?,?,?,?,?,?,?)"


def _row(token: Token) -> tuple[object, ...]:
    rooms = None if token.rooms is None else json.dumps(sorted(token.rooms))
    return token.id, token.name, token.role, rooms, token.digest, token.created_ms, token.expires_ms


def _token(row: tuple) -> Token:
    rooms = None if row[3] is None else frozenset(json.loads(row[3]))
    return Token(row[0], row[1], row[2], rooms, row[4], row[5], row[6])
