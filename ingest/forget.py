"""Forgets a patient: everything that names the MRN goes, here and in InfluxDB, and what is left is counted.

It begins with a row in `forgetting`; from then on nothing is accepted for that MRN. The forwarder's thread does the
rest between two sends, so that nothing of the patient is on its way to InfluxDB meanwhile, and does it again from the
start where the process died or InfluxDB was away: each step finds what is left and takes it away.

    stays, name, stored answers, outbox, quarantine     one transaction
    receipts                                            some at a time: the table may be long
    points                                              in the bucket and in the coarser ones beside it
    images                                              those that no other patient's point names
    the files                                           written anew, so that nothing is left in their gaps
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from influxdb_client.client.influxdb_client import InfluxDBClient

from ingest import outbox
from ingest.clock import EARLIEST_MS, LATEST_MS, format_ms
from ingest.images import ImageStore
from ingest.line_protocol import split_fields
from ingest.transaction import Transaction

if TYPE_CHECKING:
    from ingest.committer import Committer

RECEIPTS_AT_ONCE = 100_000
BUCKETS_AT_MOST = 100
_DIGESTS_AT_ONCE = 500
_IMAGE = "flow_image"


@dataclass(slots=True)
class Forgotten:
    """How much there was, and that nothing is left: `left` counts points that still name the MRN, by bucket."""

    removed: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, number: int) -> None:
        """Add to what was removed."""
        self.removed[what] = self.removed.get(what, 0) + number


def begin(tx: Transaction, mrn: str) -> None:
    """Write down that the patient is to be forgotten; from the commit on nothing is accepted for that MRN."""
    tx.write("INSERT OR IGNORE INTO forgetting (mrn, begun_ms) VALUES (?,?)", (mrn, tx.now_ms))
    tx.after_commit.append(lambda: tx.group.known.forgetting.add(mrn))


class Forgetter:
    """Does it, in the forwarder's thread. `call(what, function)` asks InfluxDB, and raises where it must be retried."""

    def __init__(
        self,
        committer: "Committer",
        images: ImageStore,
        client: InfluxDBClient,
        bucket: str,
        org: str,
        call: Callable[[str, Callable[[], Any]], Any],
    ) -> None:
        self._committer = committer
        self._images = images
        self._client = client
        self._bucket = bucket
        self._org = org
        self._call = call
        self._here_done: dict[str, tuple[Forgotten, set[str]]] = {}  # while InfluxDB is away, it is asked again alone

    def forget(self, mrn: str) -> Forgotten:
        """Forget the patient; raises what `call` raises, and `Unavailable` where the disk refuses."""
        if mrn not in self._here_done:
            self._here_done[mrn] = self._here(mrn)
        done, digests = self._here_done[mrn]
        buckets = self._buckets()
        for bucket in buckets:  # before their points go, which alone name most of them
            digests |= self._digests(bucket, mrn, "==", None)
        for bucket in buckets:
            done.count("points", self._points(bucket, mrn))
            self._erase(bucket, mrn)
            done.left[bucket] = self._points(bucket, mrn)
        shared = {name for bucket in buckets for name in self._digests(bucket, mrn, "!=", digests)}
        self._committer.submit(lambda tx: self._end(tx, mrn, digests - shared, done), 0)
        del self._here_done[mrn]
        return done

    # here

    def _here(self, mrn: str) -> tuple[Forgotten, set[str]]:
        """Take away everything in the database; how much it was, and the digests of images that it named."""
        done, digests = Forgotten(), set[str]()
        self._committer.submit(lambda tx: _identity(tx, mrn, done, digests), 0)
        after: int | None = -(2**63)
        while after is not None:
            start = after
            after = self._committer.submit(lambda tx, start=start: _receipts(tx, mrn, start, done, digests), 0)
        return done, digests

    def _end(self, tx: Transaction, mrn: str, digests: Iterable[str], done: Forgotten) -> None:
        """Take the images away, in the thread that accepts readings: none that names one is accepted meanwhile."""
        for name in digests:
            waiting = tx.query("SELECT 1 FROM outbox WHERE instr(body, ?) > 0", (name,)).fetchone()
            if waiting is None and self._images.discard(name):
                done.count("images", 1)
        tx.write("DELETE FROM forgetting WHERE mrn=?", (mrn,))

        def committed() -> None:
            tx.group.known.forgetting.discard(mrn)
            rewrite(tx.db)

        tx.after_commit.append(committed)

    # in InfluxDB

    def _buckets(self) -> list[str]:
        """The bucket, and those beside it that hold the same more coarsely: their names begin with its name and `_`."""
        api = self._client.buckets_api()
        found = self._call("read its buckets", lambda: api.find_buckets(org=self._org, limit=BUCKETS_AT_MOST)).buckets
        names = [bucket.name for bucket in found or []]
        return [name for name in names if name == self._bucket or name.startswith(f"{self._bucket}_")]

    def _rows(self, what: str, bucket: str, rest: str) -> Iterator[dict[str, Any]]:
        """What the rest of a query finds in all of a bucket. Raises what `call` raises."""
        flux = (
            f'import "strings"\nfrom(bucket: {json.dumps(bucket)}) '
            f"|> range(start: {format_ms(EARLIEST_MS + 1)}, stop: {format_ms(LATEST_MS)}) {rest}"
        )
        tables = self._call(what, lambda: self._client.query_api().query(flux, org=self._org))
        return (record.values for table in tables for record in table.records)

    def _points(self, bucket: str, mrn: str) -> int:
        """How many values a bucket has of that MRN, of whichever type."""
        rest = f'|> filter(fn: (r) => r.mrn == "{mrn}") |> count() |> group() |> sum()'
        return sum(row["_value"] for row in self._rows("count points", bucket, rest))

    def _digests(self, bucket: str, mrn: str, compare: str, among: set[str] | None) -> set[str]:
        """The images that a bucket's points of that MRN (or of the others) name, at most those `among` them."""
        images = f'|> filter(fn: (r) => r._field == "{_IMAGE}" and r.mrn {compare} "{mrn}")'
        if among is None:
            rows = self._rows("find images", bucket, f"{images} |> group() |> distinct()")
            return {row["_value"] for row in rows}
        found: set[str] = set()
        names = sorted(among)
        for at in range(0, len(names), _DIGESTS_AT_ONCE):
            listed = json.dumps(names[at : at + _DIGESTS_AT_ONCE])
            rest = f"{images} |> filter(fn: (r) => contains(value: r._value, set: {listed})) |> group() |> distinct()"
            found.update(row["_value"] for row in self._rows("find images", bucket, rest))
        return found

    def _erase(self, bucket: str, mrn: str) -> None:
        """Delete every point of that MRN."""
        first, last = format_ms(EARLIEST_MS + 1), format_ms(LATEST_MS)
        api = self._client.delete_api()
        self._call(
            f"empty {bucket} of a patient (the token needs write permission for it)",
            lambda: api.delete(first, last, f'mrn="{mrn}"', bucket, self._org),
        )


def rewrite(db: sqlite3.Connection) -> None:
    """Write the database anew, without the gaps that deleted rows leave; where there is no room for it, later."""
    try:
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError:
        return


def _identity(tx: Transaction, mrn: str, done: Forgotten, digests: set[str]) -> None:
    """Stays, name, stored answers, and what waits for InfluxDB or was refused by it."""
    done.count("stays", tx.write("DELETE FROM stays WHERE mrn=?", (mrn,)).rowcount)
    done.count("patients", tx.write("DELETE FROM patients WHERE mrn=?", (mrn,)).rowcount)
    tx.write("DELETE FROM idempotency WHERE instr(body, CAST(? AS BLOB)) > 0", (f'"mrn": "{mrn}"',))
    done.count("quarantined", tx.write("DELETE FROM quarantine WHERE instr(line, ?) > 0", (_key(mrn),)).rowcount)
    lines = _from_outbox(tx, mrn, digests)
    done.count("waiting", lines)

    def committed() -> None:
        known = tx.group.known
        known.outbox_lines -= lines
        known.patients.pop(mrn, None)
        for room in known.rooms.values():
            if room.mrn == mrn:
                room.mrn = room.since_ms = None

    tx.after_commit.append(committed)


def _from_outbox(tx: Transaction, mrn: str, digests: set[str]) -> int:
    """Take the patient's lines and deletions out of the outbox; how many there were."""
    removed = tx.write(
        "DELETE FROM outbox WHERE kind=? AND json_extract(body, '$.mrn')=?", (outbox.DELETE, mrn)
    ).rowcount
    key = _key(mrn)
    held = [
        seq for (seq,) in tx.query("SELECT seq FROM outbox WHERE kind=? AND instr(body, ?) > 0", (outbox.WRITE, key))
    ]
    for seq in held:
        (body,) = tx.query("SELECT body FROM outbox WHERE seq=?", (seq,)).fetchone()
        lines = body.split("\n")
        left = [line for line in lines if key not in line]
        for line in lines:
            if key in line and _IMAGE in line:
                digests |= _image_of(line.split(" ")[1])
        removed += len(lines) - len(left)
        if left:
            tx.write("UPDATE outbox SET lines=?, body=? WHERE seq=?", (len(left), "\n".join(left), seq))
        else:
            tx.write("DELETE FROM outbox WHERE seq=?", (seq,))
    return removed


def _receipts(tx: Transaction, mrn: str, after: int, done: Forgotten, digests: set[str]) -> int | None:
    """Some receipts, those with a time as sent from `after` on; where to go on, None at the end."""
    end = tx.query(
        "SELECT sent_ms FROM receipts WHERE sent_ms > ? ORDER BY sent_ms LIMIT 1 OFFSET ?", (after, RECEIPTS_AT_ONCE)
    ).fetchone()
    bounds = (mrn, after, 2**63 - 1 if end is None else end[0])
    mine = "FROM receipts WHERE mrn=? AND sent_ms >= ? AND sent_ms <= ?"
    for (fields,) in tx.query(f"SELECT fields {mine} AND instr(fields, '{_IMAGE}') > 0", bounds):
        digests |= _image_of(fields)
    done.count("receipts", tx.write(f"DELETE {mine}", bounds).rowcount)
    return None if end is None else end[0]


def _key(mrn: str) -> str:
    """How each line of the patient begins, behind its measurement."""
    return f",mrn={mrn},room="


def _image_of(fields: str) -> set[str]:
    name = split_fields(fields).get(_IMAGE)
    return {name.strip('"')} if name else set()
