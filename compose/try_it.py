"""Tries a running compose stack from outside: `python3 compose/try_it.py`, after `docker compose up --detach --wait`.

Posts a reading through Caddy, asks Grafana for the data source, the dashboards and the alert rules, and through Grafana
for the reading. Standard library only. 0 when all is as it should be, else 1 with what is not.
"""

import base64
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DASHBOARDS = {"bedside-ward", "bedside-room", "bedside-patient-night", "bedside-trends", "bedside-pipeline"}
ROOM, MRN = "try-it", "try-it-1"
PATIENCE_S = 60.0


class NotSo(Exception):  # noqa: N818 - reads as the fact that it states
    """The stack does something else than it should; the message says what."""


def call(method: str, path: str, authorization: str, body: Any = None) -> Any:
    """One call through Caddy; the JSON of its answer. NotSo where it is refused."""
    url = f"https://{os.environ.get('BEDSIDE_DOMAIN') or 'localhost'}{path}"
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    # A stack that was made a minute ago has a certificate of its own authority, which nobody trusts yet.
    context = ssl._create_unverified_context()  # noqa: S323
    asked = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=30, context=context) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as problem:
        raise NotSo(
            f"{method} {path} answers {problem.code}: {problem.read().decode(errors='replace')[:500]}"
        ) from None
    except OSError as problem:
        raise NotSo(f"{method} {path} does not answer: {problem}") from None


def secret(name: str) -> str:
    """A secret that make_secrets.py made."""
    return (ROOT / "secrets" / name).read_text().strip()


def try_it() -> list[str]:
    """What works, a sentence each; NotSo at the first thing that does not."""
    api = f"Bearer {secret('bedside_admin_token')}"
    grafana = "Basic " + base64.b64encode(f"admin:{secret('grafana_admin_password')}".encode()).decode()
    call("POST", "/v1/readings", api, {"room": ROOM, "mrn": MRN, "cpap_pressure": 9.5, "apnea_count": 0})
    said = ["a reading is taken through Caddy"]
    health = call("GET", "/grafana/api/datasources/uid/bedside/health", grafana)
    if health.get("status") != "OK":
        raise NotSo(f"Grafana's data source is not well: {health}")
    said.append("Grafana's data source is well")
    found = {item["uid"] for item in call("GET", "/grafana/api/search?type=dash-db", grafana)}
    if not found >= DASHBOARDS:
        raise NotSo(f"Grafana lacks the dashboards {sorted(DASHBOARDS - found)}")
    said.append(f"Grafana has {len(DASHBOARDS)} dashboards")
    rules = [
        rule for rule in call("GET", "/grafana/api/v1/provisioning/alert-rules", grafana) if "bedside" in rule["uid"]
    ]
    if len(rules) != 6:
        raise NotSo(f"Grafana has {len(rules)} alert rules of Bedside, not 6")
    said.append("Grafana has six alert rules")
    await_reading(grafana)
    said.append("the reading is seen through Grafana")
    return said


def await_reading(grafana: str) -> None:
    """Return when Grafana's data source shows the reading; NotSo when it does not within a minute."""
    flux = (
        "from(bucket: v.defaultBucket) |> range(start: -1h)"
        f' |> filter(fn: (r) => r._measurement == "cpap" and r.room == "{ROOM}" and r._field == "cpap_pressure")'
    )
    query = {"refId": "A", "datasource": {"type": "influxdb", "uid": "bedside"}, "query": flux, "maxDataPoints": 1000}
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = call("POST", "/grafana/api/ds/query", grafana, {"queries": [query], "from": "now-1h", "to": "now"})
        if [frame for frame in answer["results"]["A"].get("frames", []) if any(frame["data"]["values"])]:
            return
        if time.monotonic() > deadline:
            raise NotSo(f"the reading does not show in Grafana: {json.dumps(answer)[:500]}")
        time.sleep(1)


def main() -> int:
    """Say what works; 0, or 1 with what does not."""
    try:
        sys.stdout.write("".join(f"ok: {sentence}\n" for sentence in try_it()))
    except (NotSo, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
