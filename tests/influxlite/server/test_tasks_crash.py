"""Tasks live through kills of the server: real processes, killed by signal 9 while a task runs every second."""

import time
from pathlib import Path

from tests.influx_servers import ORG, TOKEN, Influx, free_port, influxlite_command, running
from tests.influxlite.conformance.annotated_csv import tables

BUCKET = "bedside-test-first"
SCRIPT = f"""import "array"
option task = {{name: "every second", every: 1s}}
array.from(rows: [{{_time: now(), _measurement: "ticks", _field: "f", _value: 1}}]) |> to(bucket: "{BUCKET}")"""
KILLS = 2
PATIENCE_S = 60.0


def ticks(influx: Influx) -> list[int]:
    """The seconds for which the task has run, in order."""
    found = tables(
        influx.query(f'from(bucket: "{BUCKET}") |> range(start: -1h) |> map(fn: (r) => ({{t: int(v: r._time)}}))').text
    )
    return sorted(int(row["t"]) // 10**9 for table in found.values() for row in table.rows)


def wait_for(influx: Influx, count: int) -> list[int]:
    """The ticks when there are so many."""
    deadline = time.monotonic() + PATIENCE_S
    while len(found := ticks(influx)) < count:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def test_a_task_goes_on_after_a_kill(tmp_path: Path) -> None:
    """No second is left out over the kills, the task and its runs are still known, and nothing of it is doubled."""
    port = free_port()
    influx = Influx("influxlite", f"http://127.0.0.1:{port}", ORG, TOKEN)
    task_id, seen = "", 0
    for round_number in range(KILLS + 1):
        with running(influxlite_command(tmp_path / "data", port), influx.url, tmp_path / "log") as server:
            if not task_id:
                made = influx.request("POST", "/api/v2/tasks", json={"flux": SCRIPT, "org": ORG})
                assert made.status_code == 201, made.text
                task_id = made.json()["id"]
            seen = len(wait_for(influx, seen + 2))
            if round_number < KILLS:
                server.kill()
                server.wait()
                continue
            found = ticks(influx)
            assert found == list(range(found[0], found[-1] + 1))
            task = influx.request("GET", f"/api/v2/tasks/{task_id}").json()
            assert (task["name"], task["lastRunStatus"]) == ("every second", "success")
            runs = influx.request("GET", f"/api/v2/tasks/{task_id}/runs", params={"limit": 500}).json()["runs"]
            over = [run["scheduledFor"] for run in runs if run["status"] == "success"]
            assert len(set(over)) >= len(found) - 1
