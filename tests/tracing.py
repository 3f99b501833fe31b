"""What a running server asks of the system, in order: its calls, traced by strace.

    command = [*traced(trace, "fdatasync", "sendto"), *the_server]      the server has the pid of the process started
    for call in calls(trace, pid): …                                    when it has ended

A thread that is traced goes on only after strace has written down how its call ended. So a call that could only be made
because of another's end stands behind that end, whichever threads the two are in.
"""

import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

CALL = re.compile(r"(\w+)\((.*)")
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
UNFINISHED = "<unfinished ...>"
SHOWN_BYTES = 5_000


def can_trace() -> bool:
    """Whether strace is there and may trace."""
    if sys.platform != "linux" or shutil.which("strace") is None:
        return False
    tried = ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true"]
    return subprocess.run(tried, capture_output=True).returncode == 0


def traced(trace: Path, *names: str) -> list[str]:
    """What stands before a command so that its calls of these names are written to the file, with what they carry."""
    shown = ["-y", "-s", str(SHOWN_BYTES), "-e", f"trace={','.join(names)}", "-e", "signal=none", "-o", str(trace)]
    return ["strace", "-D", "-f", "--seccomp-bpf", *shown]


@dataclass(frozen=True)
class Call:
    """One call: its name, its arguments as strace shows them, when it began and ended (lines of the trace)."""

    name: str
    text: str
    began: int
    ended: int

    @property
    def failed(self) -> bool:
        """Whether the system refused it."""
        return re.search(r"= -1 E\w+", self.text) is not None

    def on(self, path: str) -> bool:
        """Whether its first argument is an open file whose path ends so."""
        return re.match(rf"\d+<[^>]*{re.escape(path)}>", self.text) is not None

    @property
    def answers(self) -> bool:
        """Whether it sends a success over HTTP."""
        return "HTTP/1.1 20" in self.text


def calls(trace: Path, server: int) -> list[Call]:
    """All calls of the server, which has ended, in the order in which they began."""
    while not re.search(rf"^{server} .*(exited|killed)", trace.read_text(errors="replace"), re.MULTILINE):
        time.sleep(0.02)  # the tracer, a process of its own, ends a moment after the traced one
    found: list[Call] = []
    begun: dict[str, tuple[int, str, str]] = {}
    for number, line in enumerate(trace.read_text(errors="replace").splitlines()):
        thread, _, what = line.partition(" ")
        what = what.strip()
        if (resumed := RESUMED.match(what)) is not None:
            began, name, text = begun.pop(thread)
            found.append(Call(name, text + resumed[2], began, number))
        elif (call := CALL.match(what)) is not None:
            if what.endswith(UNFINISHED):
                begun[thread] = (number, call[1], call[2].removesuffix(UNFINISHED))
            else:
                found.append(Call(call[1], call[2], number, number))
    return sorted(found, key=lambda call: call.began)


def synced(found: list[Call], written: Call, path: str) -> Call:
    """The first call that brought what was written to that file to the disk; AssertionError where there is none."""
    for call in found:
        if call.name in ("fdatasync", "fsync") and call.on(path) and call.began > written.ended and not call.failed:
            return call
    raise AssertionError(f"never synced after it was written: {path}")
