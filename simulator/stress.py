"""Concurrent turnovers: many clients name ever other patients in a few rooms at once, the worst that a ward can do.

Every post is a reading that would turn its room over, its time a second later than that of the post before it; clients
overtake each other, so some come late. The patients are few, so that they are pulled out of one room into another all
the time. What must hold after it: nothing acknowledged is lost or doubled, and stays never overlap.
"""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from simulator.chance import dice
from simulator.errors import SimulatorError, StoppedError
from simulator.ledger import Ledger
from simulator.link import Link
from simulator.monitor import Habit, Monitor
from simulator.options import SimulateOptions
from simulator.reading import Reading
from simulator.report import Report, Tally
from simulator.run import Progress, Tell, gather, verify
from simulator.times import now_ms

STEP_MS = 1000
PATIENTS_A_ROOM = 8


def stress(
    options: SimulateOptions,
    *,
    posts: int = 10_000,
    clients: int = 32,
    rooms: int = 2,
    progress: Tell | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Send `posts` single readings from `clients` connections to `rooms` rooms, verify, and report.

    Of the options, those about servers, tokens, ledger, seed, patience and first numbers count; the last reading is
    from now unless `start_ms` says when the first one is. The same seed and start make the same readings, whichever
    client sends them. Any 5xx but 503 is a surprise in the report.
    """
    options.check()
    stop = stop or threading.Event()
    tell = progress or (lambda _: None)
    tally, ledger = Tally(), Ledger(options.ledger)
    start_ms = now_ms() - posts * STEP_MS if options.start_ms is None else options.start_ms
    ledger.began(seed=options.seed, start_ms=start_ms, rooms=rooms, posts=posts)
    began_s, error = time.monotonic(), None
    numbers = itertools.count()

    def client(index: int) -> None:
        chance = dice(options.seed, "client", index)
        link = Link(
            options.url, options.token, patience_s=options.patience_s, stop=stop, tally=tally, chance=chance
        )  # fmt: skip
        monitor = Monitor(f"stress-{index}", link, ledger, tally, [], Habit.of(index), 1)
        try:
            while (number := next(numbers)) < posts:
                if stop.is_set():
                    raise StoppedError("stopped before the end")
                monitor.measured(turnover(options, number, rooms, start_ms))
        finally:
            link.close()

    try:
        with ThreadPoolExecutor(clients, thread_name_prefix="stress") as pool:
            futures = [pool.submit(client, index) for index in range(clients)]
            gather(futures, lambda: tell(Progress("backfill", tally.counts().get("acknowledged", 0), posts)), stop)
    except SimulatorError as ended:
        error = str(ended)
        stop.set()
    finally:
        ledger.close()
    report = Report.of(tally, time.monotonic() - began_s)
    report.error = error
    if options.verify and error is None:
        try:
            report.verdict = verify(options, tell, stop, strict=False)
        except SimulatorError as ended:
            report.error = str(ended)
    return report


def turnover(options: SimulateOptions, number: int, rooms: int, start_ms: int) -> Reading:
    """Reading `number`: another patient than the one before it in that room, most of the time."""
    chance = dice(options.seed, "turnover", number)
    room = str(options.first_room + chance.randrange(rooms))
    mrn = str(options.first_mrn + chance.randrange(PATIENTS_A_ROOM * rooms))
    fields = {
        "cpap_pressure": round(chance.uniform(4, 20), 1),
        "breath_rate": round(chance.uniform(8, 24), 1),
        "apnea_count": number % 1000,
    }
    at_ms = start_ms + number * STEP_MS
    return Reading(room, mrn, at_ms, at_ms, fields, device="")
