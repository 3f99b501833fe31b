"""No write is answered before the system says that it is on the disk: the calls of a running server, traced."""

from pathlib import Path

import pytest
import requests

from tests.influx_servers import ORG, TOKEN, free_port, influxlite_command, running
from tests.tracing import calls, can_trace, synced, traced

CALLS = ("writev", "fdatasync", "fsync", "sendto", "sendmsg", "write")
WRITES = 12


@pytest.mark.skipif(not can_trace(), reason="strace is not here or may not trace")
def test_no_answer_before_its_sync(tmp_path: Path) -> None:
    """Between the call that logs a write and the one that sends its 204, a sync of that log has returned."""
    port, trace = free_port(), tmp_path / "trace"
    url = f"http://127.0.0.1:{port}"
    command = [*traced(trace, *CALLS), *influxlite_command(tmp_path / "data", port)]
    with running(command, url, tmp_path / "log") as process:
        session = requests.Session()
        for number in range(WRITES):
            lines = "\n".join(f"m,mark=trace{number}x v={i} {i}" for i in range(1 + number % 2 * 99))
            answer = session.post(
                f"{url}/api/v2/write?org={ORG}&bucket=bedside-test-first",
                data=lines,
                headers={"Authorization": f"Token {TOKEN}"},
            )
            assert answer.status_code == 204
    found = calls(trace, process.pid)
    answers = [call for call in found if "HTTP/1.1 204" in call.text]
    for number, answer in zip(range(WRITES), answers, strict=True):
        logged = next(c for c in found if c.name == "writev" and c.on(".log") and f"mark=trace{number}x" in c.text)
        assert synced(found, logged, ".log").ended < answer.began
        assert number == 0 or answers[number - 1].ended < logged.began
