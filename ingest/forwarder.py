"""Brings the outbox to InfluxDB 2, in order, with the official client; never faster than InfluxDB takes it.

429, 5xx and no answer wait, with a backoff that doubles and wavers, or as long as Retry-After says. 401, 403 and
404 hold everything and say what is missing: they are about the target, not about a line. On 400, 413 or 422 the
batch is halved and sent again, which changes nothing for lines that were taken, down to single lines; a single line
that is refused is kept in quarantine with InfluxDB's reason. What was sent and not yet settled when the process
died is sent again: a point is the same point.
"""

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.rest import ApiException
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from urllib3.exceptions import HTTPError

from ingest import outbox
from ingest.clock import MINUTE_MS, format_ms, now_ms
from ingest.committer import Committer
from ingest.errors import Unavailable
from ingest.forget import Forgetter, Forgotten
from ingest.images import ImageStore
from ingest.logs import Logger
from ingest.metrics import Metrics
from ingest.settings import IngestSettings
from ingest.transaction import Transaction

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 30.0
HELD_WAIT_S = 5.0
BUCKET_CHECK_S = 15.0  # also how soon `/readyz` knows that InfluxDB is gone while nobody sends
REFUSED = (400, 413, 422)
HOLDING = (401, 403, 404)
_MILLISECONDS: Any = "ms"
_TO_MAKE_BUCKETS = "read permission for orgs and write permission for buckets of the org"
_WRITE = "write to the bucket {} (which takes write permission for it)"


@dataclass(slots=True)
class _Wait(Exception):  # noqa: N818 - an instruction to the loop, not an error of the program
    """Nothing can be sent now."""

    reason: str
    seconds: float


class Forwarder:
    """One thread that empties the outbox. `trouble` says why it does not, None while it does."""

    def __init__(
        self,
        settings: IngestSettings,
        committer: Committer,
        readers: Engine,
        images: ImageStore,
        metrics: Metrics,
        log: Logger,
    ) -> None:
        self.trouble: str | None = f"no answer from InfluxDB at {_shown(settings.target_url)} yet"
        self.retention_ms: int | None = None
        self._settings = settings
        self._committer = committer
        self._readers = readers
        self._metrics = metrics
        self._log = log
        self._settled = 0
        self._wait_s = FIRST_WAIT_S
        self._bucket_checked = float("-inf")
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)
        self._client = InfluxDBClient(
            settings.target_url,
            settings.target_token or "",
            org=settings.influx_org,
            timeout=int(settings.influx_timeout_s * 1000),
            enable_gzip=urlsplit(settings.target_url).hostname not in ("127.0.0.1", "localhost", "::1"),
        )
        self._write = self._client.write_api(write_options=SYNCHRONOUS)
        self._forgetter = Forgetter(
            committer, images, self._client, settings.bucket, settings.influx_org, self._call_for_patient
        )
        self._forgotten: dict[str, Future[Forgotten]] = {}  # who waits for it, by MRN

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """End after the write that is under way; what is left waits on disk."""
        self._stopping.set()
        self._news.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._client.close()

    def wake(self) -> None:
        """There is something new in the outbox, or something changed that may end a wait."""
        self._news.set()

    def forgotten(self, mrn: str) -> Future[Forgotten]:
        """What is known when the patient is forgotten; to be asked for before `forget.begin` says that it shall be."""
        return self._forgotten.setdefault(mrn, Future())

    def oldest_ms(self, at_ms: int) -> int | None:
        """The earliest time that the bucket keeps, or None when it keeps everything or that is not known yet."""
        return None if not self.retention_ms else at_ms - self.retention_ms

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._forget()
                self._check_bucket()
                sent = self._send_next()
                self._set_trouble(None)
                self._wait_s = FIRST_WAIT_S
                if not sent:
                    self._news.wait(1.0)
                    self._news.clear()
                if self._committer.known.outbox_lines < self._settings.forward_lines:
                    # Let readings gather for one write; where a whole write waits already, they have gathered.
                    self._stopping.wait(self._settings.forward_interval_s)
            except _Wait as wait:
                self._set_trouble(wait.reason)
                self._stopping.wait(wait.seconds)
            except Exception as fault:
                self._set_trouble(f"a fault of the forwarder ({type(fault).__name__})")
                self._stopping.wait(LONGEST_WAIT_S / 10)

    def _forget(self) -> None:
        """Forget whoever is to be forgotten before anything else is sent."""
        for mrn in list(self._committer.known.forgetting):
            try:
                done = self._forgetter.forget(mrn)
            except Unavailable as problem:
                raise self._backoff(f"a patient cannot be forgotten yet: {problem.detail}") from None
            self._log.info("patient_forgotten", removed=done.removed, left=done.left)
            self._forgotten.pop(mrn, Future()).set_result(done)

    def _call_for_patient(self, what: str, call: Callable[[], Any]) -> Any:
        """As `_call`; a refusal waits too, for a patient is not forgotten in part."""
        try:
            return self._call(what, call)
        except ApiException as problem:
            raise self._backoff(f"InfluxDB answers {problem.status} when asked to {what}") from None

    def _set_trouble(self, trouble: str | None) -> None:
        if trouble != self.trouble:
            if trouble is None:
                self._log.info("forwarding")
            else:
                self._log.warning("not_forwarding", reason=trouble)
        self.trouble = trouble

    def _backoff(self, reason: str, retry_after: str | None = None) -> _Wait:
        """Wait longer each time, not in step with others; as long as the server asks where it does."""
        seconds = self._wait_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)
        if retry_after is not None and retry_after.isascii() and retry_after.isdigit():
            seconds = min(float(retry_after), 10 * LONGEST_WAIT_S)
        return _Wait(reason, seconds)

    def _call(self, what: str, call: Callable[[], Any], unseen: str = "") -> Any:
        """Call InfluxDB; raises `_Wait` for everything but success and a refusal, which comes out as `ApiException`.

        `unseen` is what to say where InfluxDB does not show the organization that the call is about.
        """
        where = _shown(self._settings.target_url)
        try:
            return call()
        except ApiException as problem:
            status = problem.status or 0
            self._metrics.forward_errors.labels(str(status)).inc()
            if status in REFUSED:
                raise
            if status in HOLDING:
                self._bucket_checked = float("-inf")
                raise _Wait(
                    f"InfluxDB at {where} answers {status} when asked to {what}: {_hint(status)}", HELD_WAIT_S
                ) from None
            headers = problem.headers or {}
            raise self._backoff(
                f"InfluxDB at {where} answers {status} when asked to {what}", headers.get("Retry-After")
            ) from None
        except InfluxDBError:
            self._metrics.forward_errors.labels("no-organization").inc()
            org = self._settings.influx_org
            raise _Wait(
                f"InfluxDB at {where} shows no organization {org} to this token: "
                f"{unseen or 'it needs read permission for orgs'}, or INFLUXDB_V2_ORG is wrong",
                HELD_WAIT_S,
            ) from None
        except (HTTPError, OSError) as problem:
            self._metrics.forward_errors.labels("no-answer").inc()
            raise self._backoff(f"no answer from InfluxDB at {where} ({type(problem).__name__})") from None

    def _check_bucket(self) -> None:
        """Make the bucket where it is missing, learn its retention, and know that the token may write there.

        What the token lacks is said here, before a reading waits for it.
        """
        if time.monotonic() - self._bucket_checked < BUCKET_CHECK_S:
            return
        if not self._settings.target_token:
            setting = "INFLUXDB_V2_TOKEN" if self._settings.influx_url else "BEDSIDE_INFLUX_TOKEN"
            raise _Wait(f"no token for InfluxDB: set {setting}", HELD_WAIT_S)
        name, buckets = self._settings.bucket, self._client.buckets_api()
        try:
            found = self._call(
                "read its buckets", lambda: buckets.find_buckets(name=name, org=self._settings.influx_org)
            )
            bucket = next(iter(found.buckets or []), None)
        except _Wait as wait:
            if "answers 404" not in wait.reason:
                raise
            bucket, needs = None, f"there is no bucket {name}; to make it the token needs {_TO_MAKE_BUCKETS}"
        else:
            needs = (
                f"the token needs read permission for the bucket {name}, or where there is none, to make it, "
                f"{_TO_MAKE_BUCKETS}"
            )
        if bucket is None:
            bucket = self._call(
                f"create the bucket {name} ({needs}, or create it by hand)",
                lambda: buckets.create_bucket(bucket_name=name, org=self._settings.influx_org),
                unseen=needs,
            )
            self._log.info("bucket_created", bucket=name)
        if self._bucket_checked == float("-inf"):
            with contextlib.suppress(ApiException):  # that it holds no point is no news
                self._call(_WRITE.format(name), lambda: self._put(b""))
        rules: list[BucketRetentionRules] = bucket.retention_rules or []
        seconds = next((rule.every_seconds for rule in rules if rule.every_seconds), 0)
        self.retention_ms = seconds * 1000 or None
        self._bucket_checked = time.monotonic()

    def _send_next(self) -> bool:
        """Send one batch and settle it; False when nothing waits."""
        try:
            with self._readers.connect() as connection:
                batch = outbox.claim(connection, self._settled, self._settings.forward_lines)
        except SQLAlchemyError as problem:
            raise self._backoff(f"the outbox cannot be read ({type(problem).__name__})") from None
        if batch is None:
            return False
        if batch.kind == outbox.DELETE:
            self._delete(json.loads(batch.bodies[0]))
        else:
            self._send(batch.bodies)
        self._settle(batch)
        return True

    def _send(self, bodies: list[str]) -> None:
        """Send lines, held as texts of one or more; halve what is refused until the line is found."""
        try:
            self._call(_WRITE.format(self._settings.bucket), lambda: self._put("\n".join(bodies).encode()))
        except ApiException as problem:
            if self._stopping.is_set():
                raise _Wait("stopping", 0) from None
            lines = "\n".join(bodies).split("\n")
            if len(lines) > 1:
                middle = len(lines) // 2
                self._send(lines[:middle])
                self._send(lines[middle:])
            else:
                self._quarantine(lines[0], problem)

    def _put(self, body: bytes) -> None:
        self._write.write(self._settings.bucket, self._settings.influx_org, body, write_precision=_MILLISECONDS)

    def _delete(self, point: dict[str, Any]) -> None:
        """Delete the point of a stay's boundary that was corrected."""
        start = format_ms(point["time_ms"])
        predicate = f'_measurement="stay" AND room="{point["room"]}" AND mrn="{point["mrn"]}"'
        try:
            self._call(
                "delete (which takes write permission for the bucket)",
                lambda: self._client.delete_api().delete(
                    start,
                    _last_nanosecond(point["time_ms"]),
                    predicate,
                    self._settings.bucket,
                    self._settings.influx_org,
                ),
            )
        except ApiException as problem:
            raise self._backoff(f"InfluxDB refuses a deletion ({problem.status})") from None

    def _settle(self, batch: outbox.Batch) -> None:
        """Forget what was sent, without waiting for it; when the disk refuses, it is forgotten with a later batch."""
        self._settled = batch.last_seq
        self._metrics.lag.set(max(0, now_ms() - batch.oldest_ms) / 1000)

        def work(tx: Transaction) -> None:
            lines = outbox.settle(tx, batch.last_seq)
            tx.count("forwarded", by=batch.lines)
            tx.after_commit.append(lambda: self._committed(lines))

        with contextlib.suppress(Unavailable):
            self._committer.begin(work, 0, lambda _result, _problem: None)

    def _committed(self, lines: int) -> None:
        self._committer.known.outbox_lines -= lines

    def _quarantine(self, line: str, problem: ApiException) -> None:
        reason = _message(problem)

        def work(tx: Transaction) -> None:
            outbox.quarantine(tx, line, problem.status or 0, reason)
            tx.count("quarantined")

        while True:
            try:
                self._committer.submit(work, 0)
            except Unavailable:
                if self._stopping.wait(FIRST_WAIT_S):
                    raise _Wait("stopping", 0) from None
            else:
                break
        self._log.warning("quarantined", status=problem.status)


def _last_nanosecond(time_ms: int) -> str:
    """The end of that millisecond: a deletion's range holds both of its ends."""
    minute, rest = divmod(time_ms, MINUTE_MS)
    return f"{format_ms(minute * MINUTE_MS)[:16]}:{rest // 1000:02d}.{rest % 1000:03d}999999Z"


def _shown(url: str) -> str:
    """The target without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _message(problem: ApiException) -> str:
    try:
        return str(json.loads(problem.body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return f"InfluxDB answered {problem.status}"


def _hint(status: int) -> str:
    return {
        401: "the token is not good there; set INFLUXDB_V2_TOKEN",
        403: "the token lacks that permission",
        404: "the organization or bucket is not there, or the token may not see it",
    }[status]
