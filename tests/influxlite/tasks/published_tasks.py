"""Tasks as people write them, run on a server for a time in the past, and what they wrote on a real InfluxDB 2.9.1.

    python -m tests.influxlite.tasks.published_tasks URL ORG TOKEN      records what that server writes anew

`published/NAME.flux` is a task; SOURCE and TARGET stand for two buckets, CHECK for a name that only this run has. What
it wrote, in TARGET and in `_monitoring`, is in `published/written.json`, its times in seconds from the run's own:
system buckets take nothing that is old, so that the runs are for an hour that has just been.
"""

import json
import re
import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.influx_servers import Influx
from tests.influxlite.conformance.annotated_csv import tables

HERE = Path(__file__).with_name("published")
WRITTEN = HERE / "written.json"
NAMES = sorted(file.stem for file in HERE.glob("*.flux"))
HOUR_S = 3_600
HOURS = 3
TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\b\d{19}\b")
PATIENCE_S = 60.0
DROPPED = ("result", "table", "_start", "_stop")


def lines(now_s: int) -> str:
    """Three hours of two patients, a reading a minute; the second falls silent ten minutes before the end."""
    found = []
    for minute in range(HOURS * 60):
        at = now_s - (HOURS * 60 - minute) * 60
        for room, mrn in (("101", "5001"), ("102", "5002")):
            if mrn == "5002" and minute >= HOURS * 60 - 10:
                continue
            spo2 = 96.0 - (minute * (7 if mrn == "5001" else 11)) % 9
            fields = (
                f"spo2={spo2},breath_rate={14 + minute % 5 * 0.5},leak_rate={minute % 30}.5,apnea_count={minute % 3}i"
            )
            found.append(f"cpap,room={room},mrn={mrn} {fields},apnea_count={minute % 3}i {at}")
    return "\n".join(found)


def run(influx: Influx, name: str) -> dict[str, object]:
    """Run a task once: how the run ended, and the rows that it wrote, sorted."""
    now_s = int(time.time()) // HOUR_S * HOUR_S - HOUR_S
    check = f"bedside-test-{secrets.token_hex(4)}"
    with influx.bucket() as source, influx.bucket() as target:
        assert influx.write(source, lines(now_s), "s").status_code == 204
        words = {"SOURCE": source, "TARGET": target, "CHECK": check}
        script = (HERE / f"{name}.flux").read_text()
        for word, value in words.items():
            script = script.replace(word, value)
        made = influx.request("POST", "/api/v2/tasks", json={"flux": script, "org": influx.org})
        assert made.status_code == 201, made.text
        path = f"/api/v2/tasks/{made.json()['id']}"
        try:
            status, log = _over(influx, path, now_s)
            told = _rows(influx, f'from(bucket: "{target}") |> range(start: 2020-01-01T00:00:00Z)')
            monitoring = 'from(bucket: "_monitoring") |> range(start: 2020-01-01T00:00:00Z)'
            told += _rows(influx, f'{monitoring} |> filter(fn: (r) => r._check_name == "{check}")')
        finally:
            influx.request("DELETE", path)
    text = json.dumps({"status": status, "log": log, "rows": sorted(told)})
    for word, value in words.items():
        text = text.replace(value, word)
    return json.loads(TIMES.sub(lambda found: _relative(found[0], now_s), text))


def _relative(text: str, now_s: int) -> str:
    """A time, in RFC 3339 or nanoseconds, in seconds from a run's own."""
    instant_s = int(text) / 1e9 if text.isdigit() else datetime.fromisoformat(text).timestamp()
    return f"{instant_s - now_s:+g}s"


def _over(influx: Influx, path: str, now_s: int) -> tuple[str, list[str]]:
    """Run the task for a time, wait; its status and, where it failed, what its log says."""
    shown = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    first = influx.request("POST", f"{path}/runs", json={"scheduledFor": shown})
    assert first.status_code == 201, first.text
    deadline, before = time.monotonic() + PATIENCE_S, ""
    while True:  # until it says the same twice: a real one still writes the log of a run that has ended
        answer = influx.request("GET", f"{path}/runs/{first.json()['id']}")
        found = answer.json()
        if answer.ok and found["status"] not in ("scheduled", "started") and answer.text == before:
            log = [line["message"] for line in found["log"]][1:]
            return found["status"], log if found["status"] == "failed" else []
        before = answer.text
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def _rows(influx: Influx, script: str) -> list[str]:
    """The rows of a query, each as JSON."""
    answer = influx.query(script)
    assert answer.status_code == 200, answer.text
    found = []
    for table in tables(answer.text).values():
        for row in table.rows:
            found.append(json.dumps({name: value for name, value in sorted(row.items()) if name not in DROPPED}))
    return found


def record(url: str, org: str, token: str) -> None:
    """Write what a server's tasks write now."""
    influx = Influx("real", url.rstrip("/"), org, token)
    found = {name: run(influx, name) for name in NAMES}
    WRITTEN.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    record(*sys.argv[1:])
