"""The real pipeline as a ward runs it: `bedside up` kept running as systemd would, and an InfluxDB behind a proxy.

    simulator ──▶ `bedside up` (ingest, ward page) ──▶ proxy ──▶ influxlite

`bedside up` and influxlite are restarted whenever they end; the parts of `bedside up` by itself.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import requests

from simulator import FAULTS, SimulateOptions
from simulator.times import DAY_MS, now_ms
from tests.bedside.running_up import clean_environment
from tests.chaos import space
from tests.chaos.proxy import Proxy
from tests.influx_servers import free_ports

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "an-admin-token-for-chaos"
ORG, BUCKET = "ward", "telemetry"
RESTART_AFTER_S = 0.1
POLL_S = 0.02
GUARD_S = 400.0
"""What has not come back by then has not come back."""


class GoneError(AssertionError):
    """Something did not come back by itself."""


class Kept:
    """A command that is started again whenever it ends, until `stop`; what it prints goes to `log`."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.environment = environment
        self.starts = 0
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run it from now on."""
        self._over.clear()
        self._thread = threading.Thread(target=self._keep, name=f"keep {self._log.stem}", daemon=True)
        self._thread.start()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it in order, and leave it at that; one that will not end is killed and is a `GoneError`."""
        if self._thread is None:
            return
        self._over.set()
        self.send(how)
        self._thread.join(GUARD_S)
        if self._thread.is_alive():
            self.send(signal.SIGKILL)
            raise GoneError(f"{self._log.stem} did not end within {GUARD_S:g} s of {how.name}")
        self._thread = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def send(self, number: signal.Signals) -> bool:
        """Send it a signal; whether it was there to get one."""
        process = self._process
        if process is None or process.poll() is not None:
            return False
        process.send_signal(number)
        return True

    def _keep(self) -> None:
        while not self._over.is_set():
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            self.starts += 1
            if self._over.is_set():  # it was told to stop while this one was made
                self._process.terminate()
            self._process.wait()
            self._over.wait(RESTART_AFTER_S)


class Pipeline:
    """Everything below one folder: `data` is Bedside's, `influx` is influxlite's.

    With `embedded` the influxlite is one that `bedside up` runs itself, without a proxy before it. With `small` its
    data, its images and influxlite's data each are a small file system of their own, to be filled.
    """

    def __init__(self, folder: Path, *, small: bool = False, embedded: bool = False) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._embedded = embedded
        self._small = small
        self.data, self.influx_data = folder / "data", folder / "influx"
        self.port, self.influx_port, proxy_port = free_ports(3)
        self.url, self.influx_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.influx_port}"
        self.proxy = Proxy(proxy_port, self.influx_port)
        self.influx = Kept([sys.executable, "-m", "influxlite", "serve"], self._influx_told(), folder / "influx.log")
        self.up = Kept([sys.executable, "-m", "bedside.cli", "up"], self._up_told(), folder / "up.log")

    def _influx_told(self) -> dict[str, str]:
        told = {"DATA": self.influx_data, "HOST": "127.0.0.1", "PORT": self.influx_port, "ORG": ORG, "BUCKET": BUCKET}
        return {
            **clean_environment(),
            **{f"INFLUXLITE_{name}": str(value) for name, value in told.items()},
            "INFLUXLITE_TOKEN": TOKEN,
        }

    def _up_told(self) -> dict[str, str]:
        told = {
            **clean_environment(),
            "BEDSIDE_DATA": str(self.data),
            "BEDSIDE_PORT": str(self.port),
            "BEDSIDE_INFLUX_PORT": str(self.influx_port),
            "BEDSIDE_ADMIN_TOKEN": TOKEN,
        }
        if self._embedded:
            return told
        return told | {
            "INFLUXDB_V2_URL": f"http://127.0.0.1:{self.proxy.port}",
            "INFLUXDB_V2_ORG": ORG,
            "INFLUXDB_V2_TOKEN": TOKEN,
        }

    def start(self) -> None:
        """Start everything and wait until readings make their whole way."""
        for place in self._places() if self._small else ():
            assert space.mount(place), f"no file system can be mounted at {place}"
        if not self._embedded:
            self.proxy.start()
            self.influx.start()
        self.up.start()
        self.await_ready()

    def stop(self) -> None:
        """End everything."""
        with contextlib.ExitStack() as stack:
            for place in self._places() if self._small else ():
                stack.callback(space.unmount, place)
            if not self._embedded:
                stack.callback(self.proxy.stop)
                stack.callback(self.influx.stop)
            stack.callback(self.up.stop)

    def await_ready(self) -> None:
        """Return when `/readyz` says 200; `GoneError` where it does not in a long time."""
        until(lambda: self.readiness()[0] == 200, "/readyz did not say 200 again", self.last_words)

    def readiness(self) -> tuple[int | None, list[str]]:
        """What `/readyz` says: its status, None without an answer, and its reasons."""
        try:
            told = requests.get(f"{self.url}/readyz", timeout=(1.0, 5.0))
            return told.status_code, [] if told.status_code == 200 else list(told.json().get("reasons") or ["?"])
        except (requests.RequestException, ValueError):
            return None, []

    def last_words(self) -> str:
        """The ends of all logs: what a failure is read from."""
        files = [self.folder / "up.log", self.folder / "influx.log", *sorted((self.data / "logs").glob("*.log"))]
        return "\n".join(f"--- {file.name}\n{file.read_text()[-1500:]}" for file in files if file.is_file())

    def pid(self, part: str) -> int | None:
        """The process id of `up`, `influxlite`, `ingest` or `ward` at this instant; None while there is none."""
        if part in ("up", "influxlite"):
            return (self.up if part == "up" else self.influx).pid
        try:
            pid = int((self.data / "run" / f"{part}.pid").read_text())
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        return pid

    def send(self, part: str, number: signal.Signals) -> bool:
        """Send a part a signal; whether it was there to get one."""
        pid = self.pid(part)
        if pid is None:
            return False
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    @contextlib.contextmanager
    def told(self, **environment: str) -> Iterator[None]:
        """`bedside up` with more in its environment, for the length of the block; it is stopped and started for it."""
        before = self.up.environment
        with self.down():
            self.up.environment = {**before, **environment}
        try:
            yield
        finally:
            with self.down():
                self.up.environment = before

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """`bedside up` is stopped for the length of the block."""
        self.up.stop()
        try:
            yield
        finally:
            self.up.start()

    def _places(self) -> tuple[Path, ...]:
        return self.data, self.data / "images", self.influx_data

    def full(self, place: Path, part: str) -> contextlib.AbstractContextManager[None]:
        """That place takes nothing more for the length of the block.

        Where it has no file system of its own, that process can write to no file behind its first page.
        """
        if self._small:
            return space.full(place)
        pid = self.pid(part)
        assert pid is not None, f"{part} does not run"
        return space.bounded(pid, 4096)

    def call(self, method: str, path: str, **more: object) -> requests.Response:
        """A call of the API as admin."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return requests.request(method, self.url + path, headers=headers, timeout=60, **more)  # type: ignore[arg-type]

    def post(self, path: str, body: str, headers: dict[str, str]) -> bytes:
        """A post that is sent until it is answered with something else than 503; the answer's body."""
        answer: list[requests.Response] = []

        def sent() -> bool:
            with contextlib.suppress(requests.RequestException):
                answer[:] = [requests.post(self.url + path, data=body, headers=headers, timeout=60)]
            return bool(answer) and answer[0].status_code != 503

        until(sent, f"POST {path} was not answered")
        return answer[0].content

    def quarantined(self) -> list[int]:
        """The lines in quarantine, the oldest 1,000, by their ids."""
        told = self.call("GET", "/v1/quarantine")
        told.raise_for_status()
        return [line["id"] for line in told.json()["quarantine"]]

    def options(self, ledger: Path, first: int) -> SimulateOptions:
        """A ward of six rooms against this pipeline, with every fault of monitors, for longer than anything lasts."""
        return SimulateOptions(
            url=self.url,
            token=TOKEN,
            clinician_token=TOKEN,
            influx_url=self.influx_url,
            influx_org=ORG,
            influx_token=TOKEN,
            influx_bucket=BUCKET,
            ledger=ledger,
            rooms=6,
            start_ms=now_ms() // DAY_MS * DAY_MS - 60 * DAY_MS,
            hours=24.0 * 60,
            batch_size=10,
            rate=200.0,
            workers=6,
            faults=tuple(FAULTS),
            first_room=first,
            first_mrn=first * 10,
            verify=True,
        )


def until(holds: Callable[[], bool], otherwise: str, more: Callable[[], str] = str) -> None:
    """Wait until `holds()`; after a long time `GoneError` with the sentence and with what `more()` tells."""
    deadline = time.monotonic() + GUARD_S
    while not holds():
        if time.monotonic() > deadline:
            raise GoneError(f"{otherwise} within {GUARD_S:g} s\n{more()}")
        time.sleep(POLL_S)
