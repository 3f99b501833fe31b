"""No write is answered before the system says that it is on the disk: the calls of a running server, traced."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.influx_servers import ORG, TOKEN, free_port, influxlite_command, running

CALLS = "writev,fdatasync,fsync,sendto,sendmsg,write,unlink,ftruncate"
WRITES = 12


def can_trace() -> bool:
    """Whether strace is there and may trace."""
    if sys.platform != "linux" or shutil.which("strace") is None:
        return False
    return (
        subprocess.run(["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true"], capture_output=True).returncode
        == 0
    )


@pytest.mark.skipif(not can_trace(), reason="strace is not here or may not trace")
def test_no_answer_before_its_sync(tmp_path: Path) -> None:
    """Between the call that logs a write and the one that sends its 204, a sync of that log has returned."""
    port, trace = free_port(), tmp_path / "trace"
    url = f"http://127.0.0.1:{port}"
    tracing = ["strace", "-D", "-f", "--seccomp-bpf", "-y", "-s", "300", "-e", f"trace={CALLS}", "-o", str(trace)]
    with running([*tracing, *influxlite_command(tmp_path / "data", port)], url, tmp_path / "log") as process:
        session = requests.Session()
        for number in range(WRITES):
            lines = "\n".join(f"m,mark=trace{number}x v={i} {i}" for i in range(1 + number % 2 * 99))
            answer = session.post(
                f"{url}/api/v2/write?org={ORG}&bucket=bedside-test-first",
                data=lines,
                headers={"Authorization": f"Token {TOKEN}"},
            )
            assert answer.status_code == 204
        server = process.pid
    while not re.search(rf"^{server} .*(exited|killed)", trace.read_text(errors="replace"), re.MULTILINE):
        time.sleep(0.02)  # the tracer, a process of its own, ends a moment after the traced one
    assert check(trace.read_text(errors="replace").splitlines()) == WRITES


def check(calls: list[str]) -> int:
    """Go through the calls in the order in which they began; how many writes were logged, synced, then answered."""
    state, log, answered = "", "", 0
    syncing: set[str] = set()
    for line in calls:
        process, _, call = line.partition(" ")
        call = call.strip()
        if (logged := re.match(r"writev\(\d+<(.+?\.log)>.*mark=trace\d+x", call)) is not None:
            assert state in ("", "answered"), line
            state, log = "logged", logged.group(1)
        elif call.startswith("fdatasync(") and log and f"<{log}>" in call and state == "logged":
            if "unfinished" in call:
                syncing.add(process)
            else:
                assert call.endswith("= 0"), line
                state = "synced"
        elif call.startswith("<... fdatasync resumed>") and process in syncing:
            syncing.discard(process)
            assert call.endswith("= 0"), line
            state = "synced"
        elif "HTTP/1.1 204" in call:
            assert state == "synced", line
            state, answered = "answered", answered + 1
    return answered
