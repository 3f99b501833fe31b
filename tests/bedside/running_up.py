"""`bedside up` as a process: started on a folder, read line by line, stopped."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.influx_servers import free_port

BEDSIDE = Path(sys.executable).with_name("bedside")
FOREIGN = ("BEDSIDE_", "INFLUXDB_V2_", "INFLUXLITE_")


def clean_environment() -> dict[str, str]:
    """This environment without any setting of ours: what a test sets is all there is."""
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}


@dataclass
class Up:
    """One `bedside up` on `data`; the lines that it printed are in `lines`."""

    data: Path
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def start(self) -> "Up":
        """Start it and wait until it says that it stops by Ctrl-C: it is ready then."""
        self.port, self.influx_port = free_port(), free_port()
        command = [str(BEDSIDE), "up", "--data", str(self.data), *self.options]
        ports = {"BEDSIDE_PORT": str(self.port), "BEDSIDE_INFLUX_PORT": str(self.influx_port)}
        self.lines = []
        self.process = subprocess.Popen(
            command,
            env=clean_environment() | ports | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._said: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.wait_for("Ctrl-C stops it.")
        return self

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._said.put(line)
        self._said.put(None)

    def wait_for(self, text: str) -> str:
        """The next line that holds the text; fails with everything said when it ends first."""
        while (line := self._said.get()) is not None:
            if text in line:
                return line
        raise AssertionError("it ended before it said " + text + ":\n" + "\n".join(self.lines))

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Stop it; its exit code."""
        self.process.send_signal(how)
        return self.process.wait()

    def pid(self, part: str) -> int:
        """The process id of a part."""
        return int((self.data / "run" / f"{part}.pid").read_text())

    def commands(self) -> list[str]:
        """The three commands that it printed to be copied."""
        begin = self.lines.index("Three commands to try:")
        return [line for line in self.lines[begin + 1 :] if line and line != "Ctrl-C stops it."]

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A `bedside` command on this folder, run elsewhere and without any setting."""
        command = [str(BEDSIDE), *arguments, "--data", str(self.data)]
        return subprocess.run(command, env=clean_environment(), cwd="/", capture_output=True, text=True)

    def json(self, *arguments: str) -> object:
        """What such a command prints with --json."""
        told = self.ask(*arguments, "--json")
        assert told.returncode == 0, told.stderr
        return json.loads(told.stdout)
