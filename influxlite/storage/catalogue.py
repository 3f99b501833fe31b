"""What is not points: organizations, buckets and tokens, in memory and in the table `records`, one JSON body each.

Ids are InfluxDB's: 16 hex digits, random. A token is kept as its SHA-256 only.
"""

import hashlib
import json
import secrets
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from typing import ClassVar, TypeVar

import duckdb

from influxlite.storage.errors import NameTakenError

SYSTEM_RETENTION_S = {"_tasks": 3 * 86_400, "_monitoring": 7 * 86_400}


def new_id() -> str:
    """A fresh id as InfluxDB writes it; never 0."""
    return f"{secrets.randbits(63) + 1:016x}"


def hash_token(token: str) -> str:
    """What is stored of a token: its SHA-256 in hex (tokens are random, so no salt and no slow hash is needed)."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Org:
    """An organization. Times in ns since 1970."""

    KIND: ClassVar[str] = "org"
    id: str
    name: str
    description: str
    created_at_ns: int
    updated_at_ns: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket. `type` is "user" or "system"; `retention_s` 0 keeps points for ever. Times in ns since 1970."""

    KIND: ClassVar[str] = "bucket"
    id: str
    org_id: str
    name: str
    type: str
    retention_s: int
    created_at_ns: int
    updated_at_ns: int
    description: str = ""
    shard_s: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """An authorization. `permissions` are InfluxDB's: {"action", "resource": {"type", "id"?, "orgID"?}}.

    `operator` may do everything, whatever its permissions say.
    """

    KIND: ClassVar[str] = "token"
    id: str
    org_id: str
    user_id: str
    hash: str
    description: str
    status: str
    created_at_ns: int
    updated_at_ns: int
    permissions: list[dict] = field(default_factory=list)
    operator: bool = False


Record = Org | Bucket | Token
R = TypeVar("R", Org, Bucket, Token)
RECORDS: tuple[type[Org] | type[Bucket] | type[Token], ...] = (Org, Bucket, Token)


class Catalogue:
    """All records in memory. Changing methods take the connection of an open transaction and write through it."""

    def __init__(self) -> None:
        """An empty catalogue."""
        self._lock = threading.Lock()
        self._records: dict[str, dict[str, Record]] = {record.KIND: {} for record in RECORDS}
        self._by_hash: dict[str, Token] = {}

    def load(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read every record."""
        classes = {record.KIND: record for record in RECORDS}
        for kind, body in connection.execute("SELECT kind, body FROM records").fetchall():
            self._put(classes[kind](**json.loads(body)))

    def _put(self, record: Record) -> None:
        """Keep a record in memory."""
        with self._lock:
            self._records[record.KIND][record.id] = record
            if isinstance(record, Token):
                self._by_hash[record.hash] = record

    # reading

    def orgs(self) -> list[Org]:
        """Every organization, in the order of their making."""
        return sorted(self._all(Org), key=lambda org: (org.created_at_ns, org.id))

    def org(self, *, name: str | None = None, id: str | None = None) -> Org | None:  # noqa: A002 - InfluxDB's word
        """The organization of that id or name."""
        return next((org for org in self._all(Org) if id in (None, org.id) and name in (None, org.name)), None)

    def buckets(self, org_id: str) -> list[Bucket]:
        """The buckets of an organization, by name."""
        return sorted((b for b in self._all(Bucket) if b.org_id == org_id), key=lambda bucket: bucket.name)

    def bucket(self, bucket_id: str) -> Bucket | None:
        """The bucket of that id."""
        with self._lock:
            found = self._records["bucket"].get(bucket_id)
        return found if isinstance(found, Bucket) else None

    def find_bucket(self, org_id: str, *, name: str | None = None, id: str | None = None) -> Bucket | None:  # noqa: A002
        """The bucket of that name or id in an organization."""
        if id is not None:
            found = self.bucket(id)
            return found if found and found.org_id == org_id and name in (None, found.name) else None
        return next((b for b in self._all(Bucket) if b.org_id == org_id and b.name == name), None)

    def tokens(self) -> list[Token]:
        """Every authorization, in the order of their making."""
        return sorted(self._all(Token), key=lambda token: (token.created_at_ns, token.id))

    def token(self, secret: str) -> Token | None:
        """The authorization of a token as a client sends it."""
        with self._lock:
            return self._by_hash.get(hash_token(secret))

    def stands(self, token: Token) -> bool:
        """Whether an authorization that was good is so still: neither deleted nor made inactive."""
        with self._lock:
            found = self._by_hash.get(token.hash)
        return found is not None and found.status == "active"

    def _all(self, record: type[R]) -> list[R]:
        """A copy of all records of one class."""
        with self._lock:
            return [found for found in self._records[record.KIND].values() if isinstance(found, record)]

    # changing

    def save(self, connection: duckdb.DuckDBPyConnection, record: Record) -> Record:
        """Store a record, new or changed. NameTakenError where another of its kind (and organization) has its name."""
        if not isinstance(record, Token):
            scope = record.org_id if isinstance(record, Bucket) else None
            others = self._all(Bucket) if isinstance(record, Bucket) else self._all(Org)
            for other in others:
                same_scope = not isinstance(other, Bucket) or other.org_id == scope
                if other.id != record.id and other.name == record.name and same_scope:
                    raise NameTakenError(f"{record.KIND} with name {record.name} already exists")
        connection.execute("DELETE FROM records WHERE kind = ? AND id = ?", [record.KIND, record.id])
        body = json.dumps(asdict(record))
        connection.execute("INSERT INTO records VALUES (?, ?, ?)", [record.KIND, record.id, body])
        return record

    def settle(self, record: Record) -> None:
        """After the commit: what `save` stored is what readers see."""
        with self._lock:
            old = self._records[record.KIND].get(record.id)
            if isinstance(old, Token):
                self._by_hash.pop(old.hash, None)
        self._put(record)

    def drop(self, connection: duckdb.DuckDBPyConnection, record: Record) -> None:
        """Delete a record from the table."""
        connection.execute("DELETE FROM records WHERE kind = ? AND id = ?", [record.KIND, record.id])

    def forget(self, record: Record) -> None:
        """After the commit: readers no longer see it."""
        with self._lock:
            old = self._records[record.KIND].pop(record.id, None)
            if isinstance(old, Token):
                self._by_hash.pop(old.hash, None)


def make_org(name: str, description: str = "") -> Org:
    """A new organization, not stored yet."""
    now = time.time_ns()
    return Org(new_id(), name, description, now, now)


def make_bucket(org_id: str, name: str, *, retention_s: int = 0, description: str = "", kind: str = "user") -> Bucket:
    """A new bucket, not stored yet."""
    now = time.time_ns()
    return Bucket(new_id(), org_id, name, kind, retention_s, now, now, description)


def changed(record: R, **changes: object) -> R:
    """A record with some attributes changed and its time of change set."""
    return replace(record, updated_at_ns=time.time_ns(), **changes)  # pyright: ignore[reportArgumentType]
