#!/usr/bin/env python3
"""Hours of readings with dashboards beside them: does it stay as it was, and is everything there afterwards?

    .venv/bin/python benchmarks/soak.py [--minutes 60] [--rate 2000] [--rooms 200] [--folder DIR] [--write docs/soak.md]

Starts `bedside up` with influxlite on a folder of its own, lets monitors post (`soak_monitors.py`) and screens ask
(`soak_watch.py`), looks at memory, disk and outbox every five seconds, and at the end reads all points back and holds
them against the ledger (`soak_verify.py`). Says a line a minute. With `--write` the page (`soak_page.py`) and the plot
beside it are written every minute, so that a run that is cut off leaves what it saw; Ctrl-C or SIGTERM ends the load
early and verifies what came. The exit code is 0 when nothing was lost, doubled or wrong.
"""

import argparse
import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import servers
import soak_monitors as monitors
import soak_page
from soak_page import Soak
from soak_verify import verify
from soak_watch import Watch, screens

LOOK_S = 5.0
EMPTY_WITHIN_S = 300.0
HERE = Path(__file__).parent


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=2_000.0, help="readings a second")
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="keep the data there")
    parser.add_argument("--write", type=Path, help="the page; the plot is written beside it")
    options = parser.parse_args()
    step_ms = round(options.rooms / options.rate * 1000)
    if step_ms < 1 or options.minutes <= 0:
        raise SystemExit("a room can send a reading a millisecond at most, and it takes some time to see anything")
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bedside-soak-")))
        load_before = os.getloadavg()[0]
        api = stack.enter_context(servers.bedside(folder / "data"))
        ward = monitors.Ward(int(time.time() * 1000) + 2_000, options.rooms, step_ms)
        soak = Soak(
            command=shlex.join(["python", "benchmarks/soak.py", *sys.argv[1:]]),
            rooms=options.rooms,
            rate=options.rooms / step_ms * 1000,
            minutes=options.minutes,
            began_s=ward.begin_ms / 1000,
            load_before=load_before,
        )
        Run(api, ward, soak, folder / "ledger.bin", options.write, stop).whole()
    raise SystemExit(0 if soak.good else 1)


class Run:
    """One soak against a running Bedside; what it sees goes into `soak`."""

    def __init__(
        self,
        api: servers.Bedside,
        ward: monitors.Ward,
        soak: Soak,
        ledger: Path,
        write: Path | None,
        stop: threading.Event,
    ) -> None:
        self._api, self._ward, self._soak = api, ward, soak
        self._ledger, self._write, self._stop = ledger, write, stop
        self._watch = Watch(api, api.pid)

    def whole(self) -> None:
        """Load, wait for the outbox, verify; the page is written whatever happens."""
        try:
            self._load()
            self._empty()
            self._soak.verdict = verify(self._api, self._ward, self._records(), self._progress)
            print("\n".join(soak_page.verified(self._soak.verdict)), flush=True)
        except BaseException as fault:
            self._soak.state += f" It broke off: {type(fault).__name__}."
            raise
        finally:
            self._soak.ended_s = self._soak.ended_s or time.time()
            self._publish()

    def _records(self) -> np.ndarray:
        data = self._ledger.read_bytes() if self._ledger.exists() else b""
        whole = len(data) // monitors.RECORD.itemsize * monitors.RECORD.itemsize
        return np.frombuffer(data[:whole], monitors.RECORD)

    def _load(self) -> None:
        """Monitors and screens, for as long as was asked or until the stop."""
        soak, ward = self._soak, self._ward
        soak.screens = screens(self._api, self._variables)
        given = [f"{self._api.url}", str(self._ledger), str(soak.minutes * 60 + ward.begin_ms / 1000 - time.time())]
        command = [sys.executable, str(HERE / "soak_monitors.py"), *given]
        command += [str(number) for number in (ward.begin_ms, ward.rooms, ward.step_ms)]
        environment = {**os.environ, "BEDSIDE_TOKEN": servers.token(self._api, "monitor")}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            for screen in soak.screens:
                screen.start()
            self._look_on(process)
        finally:
            for screen in soak.screens:
                screen.ended.set()
            process.terminate()
            told, _ = process.communicate()
            soak.ended_s = time.time()
            for screen in soak.screens:
                screen.join()
        soak.records = self._records()
        soak.faults = json.loads(told.splitlines()[-1]) if told else {"the monitors broke off": 1}
        soak.state = "It was ended before its time." if self._stop.is_set() else "It ran to its end."

    def _look_on(self, process: subprocess.Popen[str]) -> None:
        """A sample every few seconds, a line and the page every minute, while the monitors run."""
        soak, said = self._soak, 0
        while process.poll() is None and not self._stop.wait(LOOK_S):
            soak.samples.append(self._watch.look())
            soak.starts = self._watch.starts
            soak.records = self._records()
            if time.time() < soak.began_s + (said + 1) * soak_page.MINUTE_S:
                continue
            rows = soak_page.minutes(soak)
            if rows and rows[-1].number > said:
                said = rows[-1].number
                print(rows[-1].line(), flush=True)
                self._publish()
        soak.samples.append(self._watch.look())

    def _variables(self) -> dict[str, str]:
        """What the dashboards show: the first room and whoever lies there now."""
        number = max(0, int(time.time() * 1000) - self._ward.begin_ms) // self._ward.step_ms
        night = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 12 * 3600))
        mrn = self._ward.mrn(0, number)
        return {"room": str(monitors.FIRST_ROOM), "mrn": str(mrn), "night": night, "timezone": "UTC"}

    def _empty(self) -> None:
        """Until the outbox is empty: what it still holds then is lost in the comparison, as it should be."""
        until_s = time.monotonic() + EMPTY_WITHIN_S
        while time.monotonic() < until_s:
            if self._watch.look().gauges.get("outbox_lines") == 0:
                return
            time.sleep(0.5)

    def _progress(self, done: int, of: int) -> None:
        if done % 5 == 0 or done == of:
            print(f"compared {done} of {of} minutes", flush=True)

    def _publish(self) -> None:
        """Write page and plot, whole or not at all."""
        if self._write is None:
            return
        plot = self._write.with_suffix(".svg")
        new = plot.with_name(plot.stem + ".new.svg")
        soak_page.draw(self._soak, new)
        new.replace(plot)
        page = self._write.with_name(self._write.name + ".new")
        page.write_text(soak_page.page(self._soak, plot.name))
        page.replace(self._write)


if __name__ == "__main__":
    main()
