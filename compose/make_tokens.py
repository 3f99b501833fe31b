"""Makes an InfluxDB token for each part that needs one, allowed that and no more. Runs once at each start of the stack.

    write     the ingest server: reads and writes the buckets (it reads to learn that one is there, and its retention)
    read      the ward page: reads the buckets
    grafana   Grafana: reads the buckets

The buckets are that of the readings and, beside it, the one for what the pipeline tells of itself, and those of coarser
points where `bedside retention` has made them: forgetting a patient must reach those, too.

Each lies in a volume of its own that its part alone mounts, as `token`. A token that still works is kept; otherwise the
old one of that name is revoked and a new one made. Standard library only, so that it needs nothing of what it serves.

From the environment: INFLUX_URL, INFLUX_ORG, INFLUX_BUCKET, INFLUX_ADMIN_TOKEN_FILE, TOKENS (the folder that has the
volumes), and INFLUX_RETENTION_DAYS (0 keeps for ever). The last acts when it changes: what it was is kept beside the
writer's token, and how long `bedside retention` has said since that readings stay is left as it is.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ACTIONS = {"write": ("read", "write"), "read": ("read",), "grafana": ("read",)}
PATIENCE_S = 120.0
DAY_S = 86_400
PIPELINE_KEPT_S = 400 * DAY_S  # as ingest/pulse.py makes it where nobody else has
COARSER = ("_5m", "_1h")  # how the names of the buckets end that bedside/keep/downsampling.py makes


class Refused(Exception):  # noqa: N818 - reads as the fact that it states
    """InfluxDB does not do what it is asked; the message says what. `status` is its answer's, 0 where it gave none."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Influx:
    """InfluxDB's HTTP API with the operator's token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token

    def call(self, method: str, path: str, body: Any = None, token: str | None = None, **query: str) -> Any:
        """One call; the JSON of its answer, or Refused."""
        address = f"{self._url}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        headers = {"Authorization": f"Token {token or self._token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(address, data, headers, method=method)  # noqa: S310 - not from outside
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
                text = answer.read()
        except urllib.error.HTTPError as problem:
            said = f"InfluxDB answers {problem.code} to {method} {path}: {_message(problem)}"
            raise Refused(said, problem.code) from None
        except OSError as problem:
            raise Refused(f"InfluxDB does not answer at {self._url}: {problem}") from None
        return json.loads(text) if text else {}

    def wait(self) -> None:
        """Return when it says that it is healthy; Refused when it does not within two minutes."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                if self.call("GET", "/health").get("status") == "pass":
                    return
            except Refused:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.5)


def find_bucket(influx: Influx, org_id: str, name: str) -> dict[str, Any] | None:
    """The bucket of that name as InfluxDB describes it, or None where there is none."""
    try:
        found = influx.call("GET", "/api/v2/buckets", name=name, orgID=org_id).get("buckets", [])
    except Refused as refusal:
        if refusal.status != 404:
            raise
        found = []
    return found[0] if found else None


def ensure_bucket(influx: Influx, org_id: str, name: str, retention_s: int) -> dict[str, Any]:
    """That bucket, made with that retention where it is missing."""
    asked = {"orgID": org_id, "name": name, "retentionRules": _rules(retention_s)}
    return find_bucket(influx, org_id, name) or influx.call("POST", "/api/v2/buckets", asked)


def apply_retention(influx: Influx, bucket: dict[str, Any], days: int, applied: Path) -> None:
    """Let the bucket keep points for so many days (0: for ever) if that is not what it was told last.

    `applied` is the file that remembers it. Where it is not there yet, only a bucket that keeps everything is told:
    that is a new one, and shortening what somebody has set deletes readings.
    """
    try:
        last = applied.read_text().strip()
    except FileNotFoundError:
        last = "0"
        if sum(rule.get("everySeconds", 0) for rule in bucket.get("retentionRules", [])):
            last = str(days)
    if last != str(days):
        influx.call("PATCH", f"/api/v2/buckets/{bucket['id']}", {"retentionRules": _rules(days * DAY_S)})
    _write(applied, str(days))


def ensure_token(influx: Influx, org_id: str, bucket_ids: list[str], name: str, file: Path) -> bool:
    """See to it that the file holds a token that works; whether a new one was made."""
    if works(influx, bucket_ids, file):
        return False
    described = f"bedside {name}"
    for old in influx.call("GET", "/api/v2/authorizations", orgID=org_id).get("authorizations", []):
        if old.get("description") == described:
            influx.call("DELETE", f"/api/v2/authorizations/{old['id']}")
    resources = [{"type": "buckets", "id": bucket_id, "orgID": org_id} for bucket_id in bucket_ids]
    permissions = [{"action": action, "resource": resource} for resource in resources for action in ACTIONS[name]]
    asked = {"orgID": org_id, "description": described, "permissions": permissions}
    token = influx.call("POST", "/api/v2/authorizations", asked)["token"]
    _write(file, token)
    return True


def works(influx: Influx, bucket_ids: list[str], file: Path) -> bool:
    """Whether the file holds a token that sees the buckets."""
    try:
        token = file.read_text().strip()
        return bool(token) and all(influx.call("GET", f"/api/v2/buckets/{one}", token=token) for one in bucket_ids)
    except (OSError, Refused):
        return False


def main() -> int:
    """Make what is missing; 0, or 1 with a sentence that says what to do."""
    try:
        told = os.environ
        influx = Influx(told["INFLUX_URL"], Path(told["INFLUX_ADMIN_TOKEN_FILE"]).read_text().strip())
        influx.wait()
        org_id = influx.call("GET", "/api/v2/orgs", org=told["INFLUX_ORG"])["orgs"][0]["id"]
        days, name, folder = int(told.get("INFLUX_RETENTION_DAYS") or "0"), told["INFLUX_BUCKET"], Path(told["TOKENS"])
        readings = ensure_bucket(influx, org_id, name, 0)
        apply_retention(influx, readings, days, folder / "write" / "retention-days")
        buckets = [
            readings,
            ensure_bucket(influx, org_id, f"{name}-pipeline", PIPELINE_KEPT_S),  # what ingest tells of itself
            *(find_bucket(influx, org_id, name + ending) for ending in COARSER),
        ]
        bucket_ids = [bucket["id"] for bucket in buckets if bucket is not None]
        for part in ACTIONS:
            made = ensure_token(influx, org_id, bucket_ids, part, folder / part / "token")
            sys.stdout.write(f"{'made' if made else 'kept'} the token {part}\n")
    except KeyError as problem:
        sys.stderr.write(f"make_tokens.py needs {problem.args[0]} in its environment: docker-compose.yml sets it.\n")
        return 1
    except (Refused, OSError, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _rules(retention_s: int) -> list[dict[str, Any]]:
    # A rule of 0 is for ever; without a rule a PATCH leaves what is there.
    return [{"type": "expire", "everySeconds": retention_s}]


def _write(file: Path, text: str) -> None:
    """Whole or not at all; readable, since the part that mounts it runs as another user."""
    new = file.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o444)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


def _message(problem: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(problem.read())["message"])
    except (ValueError, KeyError, TypeError):
        return problem.reason


if __name__ == "__main__":
    raise SystemExit(main())
