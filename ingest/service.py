"""Everything of one running ingest server but HTTP: made once, started, stopped."""

import contextlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from ingest import database
from ingest.accept import LATE, Accepted, Rules, accept, count
from ingest.add_patient import add_to
from ingest.audit import Audit, audit_file
from ingest.clock import DAY_MS
from ingest.committer import Committer
from ingest.database import Folder, driver, open_readers, open_writer
from ingest.forget import Forgotten
from ingest.forget import begin as begin_to_forget
from ingest.forwarder import Forwarder
from ingest.idempotency import KEPT_MS, Keys
from ingest.images import ImageStore
from ingest.incoming import Incoming
from ingest.local import Door
from ingest.logs import Pseudonym, make_logger, place_of
from ingest.metrics import Metrics
from ingest.pulse import Pulse
from ingest.settings import IngestSettings
from ingest.state import Known
from ingest.tokens import Token, TokenBook, ensure_admin, make_admin
from ingest.transaction import Transaction
from ingest.views import Views, record

PRUNED_AT_ONCE = 2_000
STUCK_S = 10.0  # a commit of thousands of readings takes a second
PATIENCE_S, AWAY_PATIENCE_S = 25.0, 0.2


class Service:
    """The parts of one server on one data folder. Raises `ingest.errors.DataFolderError` when the folder is unusable.

    Without `forward` nothing is sent to InfluxDB: what `add_patient_driver` needs.
    """

    def __init__(self, settings: IngestSettings, *, forward: bool = True) -> None:
        self.settings = settings
        self.log = make_logger(settings.log_level)
        self.folder = Folder(settings)
        try:
            self._writer = open_writer(settings)
            db = driver(self._writer)
            self.first_admin_token: str | None = None  # to be shown once, when it was made now
            if forward and settings.admin_token is not None:
                make_admin(db, settings.admin_token.get_secret_value())
            elif forward:
                self.first_admin_token = ensure_admin(db)
            self.pseudonym = Pseudonym(self.folder.secret())
            self.readers = open_readers(settings)
            self.images = ImageStore(settings.images)
            self.tokens = TokenBook(db)
            self.keys = Keys()
            self.audit = Audit(audit_file(settings.data))
            self.views = Views(self.audit)
            self.metrics = Metrics()
            self.committer = Committer(
                db,
                Known.load(db),
                queue_limit=settings.queue_limit,
                log=self.log,
                on_counts=self._committed,
                housekeep=self._housekeep,
            )
        except BaseException:
            self.folder.close()
            raise
        self.forwarder: Forwarder | None = None
        if forward:
            self.forwarder = Forwarder(settings, self.committer, self.readers, self.images, self.metrics, self.log)
        self.rules = Rules(
            readings_move=settings.turnover == "implicit",
            max_rooms=settings.max_rooms,
            max_devices=settings.max_devices,
            outbox_limit=settings.outbox_limit,
            oldest_ms=self.forwarder.oldest_ms if self.forwarder else lambda _now: None,
            mac=self.pseudonym.mac,
        )
        self.door = Door(settings, lambda post: add_to(self, post)) if forward else None
        self.metrics.watch(
            self.committer.known, lambda: self.committer.waiting, self._oldest_waiting_ms, self._quarantined
        )
        self.pulse = Pulse(settings, self.metrics) if forward else None

    def start(self) -> None:
        """Start the threads."""
        self.committer.start()
        if self.forwarder is not None:
            self.forwarder.start()
        if self.pulse is not None:
            self.pulse.start()
        if self.door is not None:
            self.door.start()

    def stop(self) -> None:
        """Stop the forwarder, finish what was handed in, close the database and give the folder back."""
        if self.door is not None:
            self.door.stop()
        if self.pulse is not None:
            self.pulse.stop()
        if self.forwarder is not None:
            self.forwarder.stop()
        self.committer.stop()
        self.readers.dispose()
        self._writer.close()
        self._writer.engine.dispose()
        self.folder.close()

    def forget(self, mrn: str, by: Token) -> Forgotten | None:
        """Forget a patient; None where InfluxDB cannot be asked now, and the rest follows. Raises `Unavailable`."""
        assert self.forwarder is not None
        forgotten = self.forwarder.forgotten(mrn)

        def work(tx: Transaction) -> None:
            begin_to_forget(tx, mrn)
            self.changed(by, "forget", mrn)

        self.committer.submit(work, 0)
        self.forwarder.wake()
        try:
            return forgotten.result(PATIENCE_S if self.forwarder.trouble is None else AWAY_PATIENCE_S)
        except TimeoutError:
            return None

    def not_ready(self) -> list[str]:
        """Why readings cannot make their whole way now, each in a sentence; empty when they can."""
        reasons = []
        if not self.committer.alive:
            reasons.append("the committer does not run")
        if self.committer.stuck_s > STUCK_S:
            reasons.append(f"the disk has not answered for {self.committer.stuck_s:.0f} s")
        if self.committer.failure is not None:
            reasons.append(f"the last commit failed: {self.committer.failure}")
        if (trouble := self.images.trouble()) is not None:
            reasons.append(f"flow images cannot be kept: {trouble}")
        if self.forwarder is not None and self.forwarder.trouble is not None:
            reasons.append(self.forwarder.trouble)
        elif self.pulse is not None and self.pulse.trouble is not None:
            reasons.append(self.pulse.trouble)
        return reasons

    def changed(self, by: Token, what: str, mrn: str | None = None, **more: str) -> None:
        """Write a change to the audit log, within the transaction that makes it: neither is without the other, unless
        the disk fails between them, and then the log has what did not come true. Raises `Unavailable`.
        """
        patient = {} if mrn is None else {"patient": self.pseudonym(mrn)}
        record(self.audit, by, what, **patient, **more)

    def saw(self, by: Token, view: str, mrn: str | None = None, **more: str) -> None:
        """Write a view to the audit log before it is shown, once an hour. Raises `Unavailable`."""
        patient = {} if mrn is None else {"patient": self.pseudonym(mrn)}
        self.views.saw(by, view, repr(sorted({**patient, **more}.items())), **patient, **more)

    def log_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Log a request by its route's template: the path itself may name a patient."""
        # Whoever asks whether it is ready asks often; why it is not, the forwarder's own lines say.
        level = self.log.warning if status >= 500 and route != "/readyz" else self.log.debug
        with contextlib.suppress(OSError, ValueError):  # a log that cannot be written costs no answer
            level("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1))

    def log_fault(self, fault: BaseException) -> None:
        """Log a fault of ours by its kind and place; its message may hold what must not be written down."""
        with contextlib.suppress(OSError, ValueError):
            self.log.error("request_failed", error=type(fault).__name__, where=place_of(fault))

    def accept(self, tx: Transaction, reading: Incoming) -> Accepted:
        """Take one reading within a transaction, and count what became of it."""
        accepted = accept(tx, reading, self.rules)
        duplicate = int(accepted.duplicate)
        count(tx, 1 - duplicate, duplicate, 0 if duplicate else accepted.flags & LATE)
        return accepted

    def with_images(self, readings: list[Incoming], work: Callable[[], tuple[Any, set[str]]]) -> Any:
        """Run `work` while the images of these readings are on disk; it gives its result and the digests to keep."""
        held: list[str] = []
        kept: set[str] = set()
        try:
            for reading in readings:
                if reading.image is not None:
                    held.append(self.images.hold(reading.image))
            result, kept = work()
            return result
        finally:
            for name in held:
                self.images.release(name, kept=name in kept)

    def _committed(self, counts: dict[tuple[str, str], int]) -> None:
        """After each commit: count, and let the forwarder know that something waits."""
        self.metrics.count(counts)
        if self.forwarder is not None and self.committer.known.outbox_lines:
            self.forwarder.wake()

    def _oldest_waiting_ms(self) -> int | None:
        column = database.outbox.c
        with self.readers.connect() as connection:
            return connection.execute(select(column.enqueued_ms).order_by(column.seq).limit(1)).scalar()

    def _quarantined(self) -> int:
        with self.readers.connect() as connection:
            return connection.execute(select(func.count()).select_from(database.quarantine)).scalar_one()

    def _housekeep(self, tx: Transaction) -> None:
        """Forget receipts and stored answers that are older than they are kept, some at a time.

        After a commit that failed, write something as well: whether the disk takes it is how the end of that is known
        where nobody sends.
        """
        if self.committer.failure is not None:
            tx.write("INSERT INTO idempotency VALUES ('', '', x'', 0, x'', ?)", (tx.now_ms,))
            tx.write("DELETE FROM idempotency WHERE token = ''")
        tx.write(
            "DELETE FROM receipts WHERE (room, mrn, sent_ms) IN "
            "(SELECT room, mrn, sent_ms FROM receipts WHERE received_ms < ? ORDER BY received_ms LIMIT ?)",
            (tx.now_ms - self.settings.receipt_days * DAY_MS, PRUNED_AT_ONCE),
        )
        tx.write(
            "DELETE FROM idempotency WHERE (token, key) IN "
            "(SELECT token, key FROM idempotency WHERE created_ms < ? ORDER BY created_ms LIMIT ?)",
            (tx.now_ms - KEPT_MS, PRUNED_AT_ONCE),
        )
