"""Runs a simulation: history as fast as the server takes it, then real time, then the verification."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from simulator.chance import dice
from simulator.errors import SimulatorError, StoppedError
from simulator.faults import assign
from simulator.flux import Influx
from simulator.ledger import Ledger, load
from simulator.link import Link
from simulator.monitor import Habit, Monitor
from simulator.options import SimulateOptions
from simulator.report import Report, Tally, Verdict
from simulator.room_feed import Desk, RoomFeed
from simulator.times import DAY_MS, HOUR_MS, MINUTE_MS, now_ms
from simulator.verify import verify_points
from simulator.verify_stays import verify_flapping, verify_names, verify_stay_points, verify_stays
from simulator.ward import Ward

LONGEST_GAP_MS = HOUR_MS
"""Between a history that ended longer ago and the live part nothing is sent: nobody recorded the ward then."""

LONGEST_STEP_MS = 6 * HOUR_MS
ASLEEP_AFTER_NOON_MS = 15 * HOUR_MS
EVENING_H = 6.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a simulation is: `backfill` counts readings, `live` readings without a total, `verify` rooms."""

    phase: str
    done: int
    total: int | None


Tell = Callable[[Progress], None]


def simulate(options: SimulateOptions, progress: Tell | None = None, stop: threading.Event | None = None) -> Report:
    """Simulate a ward as the options say, and report.

    `progress` is called from this thread a few times a second. Setting `stop` ends the simulation soon; it is set here,
    too, when something goes wrong. Raises OptionsError for options that make no sense and LedgerError where the ledger
    cannot be opened; what happens later is told by the report's `error`.
    """
    options.check()
    stop = stop or threading.Event()
    tell = progress or (lambda _: None)
    tally = Tally()
    ledger = Ledger(options.ledger)
    began_s = time.monotonic()
    error = None
    try:
        _run(options, ledger, tally, tell, stop)
    except SimulatorError as ended:
        error = str(ended)
        stop.set()
    finally:
        ledger.close()
    report = Report.of(tally, time.monotonic() - began_s)
    report.error = error
    if options.verify and error is None:
        try:
            report.verdict = verify(options, tell, stop)
        except SimulatorError as ended:
            report.error = str(ended)
    return report


def verify(
    options: SimulateOptions, progress: Tell | None = None, stop: threading.Event | None = None, *, strict: bool = True
) -> Verdict:
    """Hold the database against the whole ledger that the options name; sends nothing.

    Without a clinician's token, stays and names are not looked at. Raises QueryError, LedgerError or UnreachableError.
    `strict` is explained at `verify_stays`.
    """
    began_s = time.monotonic()
    stop = stop or threading.Event()
    if options.ledger is None:
        raise SimulatorError("there is no ledger to verify against; name one by --ledger")
    account = load(options.ledger)
    influx = Influx(options.influx_url, options.influx_org, options.influx_bucket, options.influx_token)
    verdict = Verdict()

    def told(done: int, total: int) -> None:
        if progress is not None:
            progress(Progress("verify", done, total))

    verify_points(influx, account, verdict, settle_s=options.settle_s, stop=stop, progress=told)
    if options.clinician_token:
        link = _link(options, options.clinician_token, "verify", stop, Tally())
        stays = verify_stays(link, account, verdict, strict=strict)
        verify_stay_points(influx, stays, verdict, settle_s=options.settle_s, stop=stop)
        verify_names(link, account, verdict)
        verify_flapping(account, verdict)
        link.close()
    verdict.seconds = time.monotonic() - began_s
    return verdict


def _run(options: SimulateOptions, ledger: Ledger, tally: Tally, tell: Tell, stop: threading.Event) -> None:
    """Send what the options ask for."""
    start_ms, end_ms = _span(options)
    ledger.began(seed=options.seed, start_ms=start_ms, rooms=options.rooms, faults=list(options.faults))
    ward = _ward(options, start_ms, end_ms)
    links: list[Link] = []
    feeds = _feeds(options, ward, start_ms, ledger, tally, stop, links)
    try:
        if options.mode != "live":
            _backfill(options, ward, feeds, (start_ms, end_ms), tally, tell, stop)
        if options.mode != "backfill":
            gap_ms = now_ms() - end_ms
            if options.mode == "both" and 0 < gap_ms <= LONGEST_GAP_MS:
                _backfill(options, ward, feeds, (end_ms, end_ms + gap_ms), tally, tell, stop)
            for feed in feeds:
                feed.set_interval(max(1, int((options.live_interval_s or options.interval_s) * 1000)))
                feed.skip_to(now_ms())
            _live(options, feeds, tally, tell, stop)
    finally:
        for link in links:
            link.close()


def _span(options: SimulateOptions) -> tuple[int, int]:
    """Where the ward opens and its history ends, in milliseconds since 1970; live alone sends no history."""
    if options.mode == "live":
        return options.start_ms or now_ms(), now_ms()
    length_ms = int(options.hours * HOUR_MS)
    start_ms = options.start_ms
    if start_ms is None:
        start_ms = (now_ms() - length_ms) // MINUTE_MS * MINUTE_MS
    return start_ms, start_ms + length_ms


def _ward(options: SimulateOptions, start_ms: int, end_ms: int) -> Ward:
    """The ward. One that is asleep at the end of its history takes new patients in the evening before, not at noon."""
    noon_h, turnover_h = 12.0, 0.0
    if options.night_at_end:
        noon_h, turnover_h = (end_ms - ASLEEP_AFTER_NOON_MS) % DAY_MS / HOUR_MS, EVENING_H
    return Ward(
        options.seed, options.rooms, start_ms, noon_hour=noon_h, turnover_after_noon_h=turnover_h,
        first_room=options.first_room, first_mrn=options.first_mrn,
    )  # fmt: skip


def _link(options: SimulateOptions, token: str, name: str, stop: threading.Event, tally: Tally) -> Link:
    """A link of that name with that token."""
    chance = dice(options.seed, "link", name)
    return Link(options.url, token, patience_s=options.patience_s, stop=stop, tally=tally, chance=chance)


def _feeds(
    options: SimulateOptions, ward: Ward, start_ms: int, ledger: Ledger, tally: Tally, stop: threading.Event,
    links: list[Link],
) -> list[RoomFeed]:  # fmt: skip
    """A feed for each room, with its own devices and connections; the connections are added to `links`."""
    feeds = []
    faults = assign(options.faults, ward.rooms, options.seed)
    for number, room in enumerate(ward.rooms):
        mine = [_link(options, options.token, f"{room}-{part}", stop, tally) for part in ("own", "stray")]
        desk = None
        if options.clinician_token:
            mine.append(_link(options, options.clinician_token, f"{room}-desk", stop, tally))
            desk = Desk(mine[-1], ledger, tally)
        links += mine
        habit = Habit.of(number)
        own = Monitor(f"cpap-{room}", mine[0], ledger, tally, faults[room], habit, options.batch_size)
        stray = Monitor(f"cpap-{room}-stray", mine[1], ledger, tally, [], habit, options.batch_size)
        interval_ms = max(1, int(options.interval_s * 1000))
        feeds.append(RoomFeed(ward, room, start_ms, interval_ms, own, stray, faults[room], desk))
    return feeds


def _steps(ward: Ward, options: SimulateOptions, start_ms: int, end_ms: int) -> Iterator[int]:
    """The instants at which all rooms wait for each other: a batch's length apart, and at each turnover.

    A patient who changes rooms is sent on from the old one before the new one reports them.
    """
    step_ms = min(LONGEST_STEP_MS, max(1, int(options.batch_size * options.interval_s * 1000)))
    edges = sorted({*range(start_ms + step_ms, end_ms, step_ms), *ward.turnovers(start_ms, end_ms), end_ms})
    yield from edges


def _backfill(
    options: SimulateOptions, ward: Ward, feeds: list[RoomFeed], span: tuple[int, int], tally: Tally, tell: Tell,
    stop: threading.Event,
) -> None:  # fmt: skip
    """Send the history, step by step, all rooms of a step at once."""
    total = int(len(feeds) * (span[1] - span[0]) / (options.interval_s * 1000))
    pace = Pace(options.rate, stop)
    with ThreadPoolExecutor(min(options.workers, len(feeds)), thread_name_prefix="ward") as pool:
        for until_ms in _steps(ward, options, *span):
            futures = [pool.submit(feed.advance, until_ms) for feed in feeds]
            gather(futures, lambda: tell(Progress("backfill", tally.counts().get("acknowledged", 0), total)), stop)
            pace.measured(sum(future.result() for future in futures))
        if options.mode == "backfill":
            gather([pool.submit(feed.finish) for feed in feeds], lambda: None, stop)


class Pace:
    """Holds a history to `rate` readings a second, None for as fast as it goes; time that was lost is not made up."""

    def __init__(self, rate: float | None, stop: threading.Event) -> None:
        """From now on; setting `stop` ends a wait."""
        self._rate = rate
        self._stop = stop
        self._due_s = time.monotonic()

    def measured(self, readings: int) -> None:
        """So many more were measured: wait until the next may be."""
        if self._rate is not None:
            now_s = time.monotonic()
            self._due_s = max(self._due_s + readings / self._rate, now_s)
            self._stop.wait(self._due_s - now_s)


def gather(futures: list[Future], tell: Callable[[], None], stop: threading.Event) -> None:
    """Wait for all of them; the first that fails stops the others and is raised, once they have ended."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=0.25)
        if any(future.exception() for future in done):
            stop.set()
        tell()
    failures = [error for future in futures if (error := future.exception()) is not None]
    if failures:
        raise next((error for error in failures if not isinstance(error, StoppedError)), failures[0])
    if stop.is_set():
        raise StoppedError("stopped before the end")


def _live(options: SimulateOptions, feeds: list[RoomFeed], tally: Tally, tell: Tell, stop: threading.Event) -> None:
    """Send in real time, a thread a room, for `live_s` seconds or until stopped; to be stopped is no error here.

    A room whose server is away catches up in one burst when it is back.
    """
    end_ms = None if options.live_s is None else now_ms() + int(options.live_s * 1000)

    def room(feed: RoomFeed) -> None:
        while end_ms is None or feed.next_ms() < end_ms:
            if stop.wait(max(0, feed.next_ms() - now_ms()) / 1000):
                return
            feed.advance(min(now_ms() + 1, end_ms or now_ms() + 1))
        feed.finish()

    with ThreadPoolExecutor(len(feeds), thread_name_prefix="room") as pool:
        futures = [pool.submit(room, feed) for feed in feeds]
        try:
            gather(futures, lambda: tell(Progress("live", tally.counts().get("acknowledged", 0), None)), stop)
        except StoppedError:
            return
