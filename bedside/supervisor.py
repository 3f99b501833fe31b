"""Starts the parts as processes of their own, restarts one that dies, and stops them in order.

A part's output goes to DATA/logs/NAME.log, rotated; its process id to DATA/run/NAME.pid.
"""

import contextlib
import logging
import logging.handlers
import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bedside.parent import PARENT

LOG_BYTES, LOG_FILES = 5 * 2**20, 3
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_AFTER_S = 60.0  # a part that ran this long before it died is restarted at once again
STOP_WITHIN_S = 20.0


@dataclass
class Part:
    """One supervised process: its name, the command that starts it, and what its environment adds."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    ends_by_itself: bool = False  # a part that may finish its work; it is restarted only after a failure


class Supervisor:
    """Runs parts until `stop`. `say` tells a person, in a sentence, when a part had to be restarted."""

    def __init__(self, run_folder: Path, log_folder: Path, say: Callable[[str], None]) -> None:
        self._run_folder = run_folder
        self._log_folder = log_folder
        self._say = say
        self._keepers: list[_Keeper] = []

    def start(self, part: Part) -> None:
        """Start a part and keep it running."""
        keeper = _Keeper(part, self._run_folder, self._log_folder, self._say)
        self._keepers.append(keeper)
        keeper.start()

    def last_words(self, name: str) -> str:
        """The last line that a part printed: what it said of why it ended."""
        for keeper in self._keepers:
            if keeper.part.name == name:
                return keeper.last_line
        return ""

    def alive(self, name: str) -> bool:
        """Whether the part runs at this moment."""
        return any(k.part.name == name and k.running() for k in self._keepers)

    def stop(self) -> None:
        """Stop every part, the one that was started last first, each within `STOP_WITHIN_S`."""
        for keeper in reversed(self._keepers):
            keeper.stop()


class _LogFile(logging.handlers.RotatingFileHandler):
    """A part's log, rotated; a line that a full disk refuses is dropped, since the part itself goes on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Say nothing: the supervisor's own output is for a person."""


class _Keeper:
    """Keeps one part running from a thread of its own."""

    def __init__(self, part: Part, run_folder: Path, log_folder: Path, say: Callable[[str], None]) -> None:
        self.part = part
        self.last_line = ""
        self._pid_file = run_folder / f"{part.name}.pid"
        self._log_file = log_folder / f"{part.name}.log"
        self._say = say
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        handler = _LogFile(self._log_file, maxBytes=LOG_BYTES, backupCount=LOG_FILES)
        handler.setFormatter(logging.Formatter("%(message)s"))
        self._log = logging.getLogger(f"part.{part.name}")
        self._log.propagate = False
        self._log.setLevel(logging.INFO)
        self._log.addHandler(handler)
        self._thread = threading.Thread(target=self._keep, name=f"keep-{part.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def running(self) -> bool:
        process = self._process
        return process is not None and process.poll() is None

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._say(f"{self.part.name} did not stop within {STOP_WITHIN_S:g} s and was killed")
                process.kill()
        self._thread.join(STOP_WITHIN_S)

    def _keep(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = self._run_once()
            if self._stopping.is_set() or (self.part.ends_by_itself and code == 0):
                return
            failures = 0 if time.monotonic() - began > STEADY_AFTER_S else failures + 1
            pause_s = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] if failures else BACKOFF_S[0]
            how = f"was killed (signal {-code})" if code < 0 else f"ended (exit code {code})"
            words = f": {self.last_line}" if code > 0 and self.last_line else ""
            self._say(f"{self.part.name} {how}{words}; starting it again in {pause_s:g} s. Log: {self._log_file}")
            self._stopping.wait(pause_s)

    def _run_once(self) -> int:
        environment = {**os.environ, **self.part.environment, PARENT: str(os.getpid())}
        with self._lock:
            if self._stopping.is_set():
                return 0
            # A session of its own: Ctrl-C at the terminal reaches the supervisor alone, which stops parts in order.
            process = self._process = subprocess.Popen(  # noqa: S603 - our own command
                self.part.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        _write_pid(self._pid_file, process.pid)
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                if line.strip():
                    self.last_line = line.strip()[:500]
                self._log.info(line.rstrip("\n"))
        code = process.wait()
        with contextlib.suppress(OSError):
            self._pid_file.unlink()
        return code


def _write_pid(path: Path, pid: int) -> None:
    """A reader finds the whole number or no file; a full disk does not stop a part that runs already."""
    new = path.with_suffix(".new")
    with contextlib.suppress(OSError):
        new.write_text(f"{pid}\n")
        new.replace(path)
