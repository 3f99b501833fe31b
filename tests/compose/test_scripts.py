"""The stack's scripts, run as they are run there: by a plain Python, in processes of their own."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bedside import welcome
from bedside.settings import Settings
from compose.make_secrets import NAMES
from compose.make_tokens import ACTIONS, COARSER
from tests.influx_servers import Influx, free_port

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of compose/ without this project's environment."""
    told = {"PATH": os.environ["PATH"], **environment}
    command = [sys.executable, "-I", str(ROOT / "compose" / script), *arguments]
    return subprocess.run(command, env=told, capture_output=True, text=True, timeout=200, check=False)


def test_secrets_are_made_once_and_never_shown(tmp_path: Path) -> None:
    """Each secret is long and its own, its folder lets nobody else in, a second run keeps all, and none is printed."""
    folder = tmp_path / "secrets"
    first = run("make_secrets.py", "--folder", str(folder))
    assert first.returncode == 0, first.stderr
    made = {name: (folder / name).read_text() for name in NAMES}
    assert len(set(made.values())) == len(NAMES)
    assert all(len(secret) == 64 and secret.isalnum() for secret in made.values())
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "influx_admin_token").unlink()
    second = run("make_secrets.py", "--folder", str(folder))
    kept = {name: (folder / name).read_text() for name in NAMES}
    assert [name for name in NAMES if kept[name] != made[name]] == ["influx_admin_token"]
    for secret in {*made.values(), *kept.values()}:
        assert secret not in first.stdout + first.stderr + second.stdout + second.stderr


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A sentence says which folder and what to do, without a stack trace."""
    (tmp_path / "file").write_text("")
    told = run("make_secrets.py", "--folder", str(tmp_path / "file"))
    assert told.returncode == 1
    assert "--folder" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.fixture
def bucket(influx: Influx) -> Iterator[str]:
    """A name for a bucket that is not there yet."""
    name = influx.make_bucket()
    influx.drop_bucket(name)
    yield name
    for ending in ("", "-pipeline", *COARSER):
        influx.drop_bucket(f"{name}{ending}")
    drop(influx)


def tokens(influx: Influx, bucket: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run make_tokens.py as the stack does."""
    for name in ACTIONS:
        (folder / "tokens" / name).mkdir(parents=True, exist_ok=True)
    (folder / "admin").write_text(influx.token)
    told = {"INFLUX_URL": influx.url, "INFLUX_ORG": influx.org, "INFLUX_BUCKET": bucket, **more}
    return run("make_tokens.py", INFLUX_ADMIN_TOKEN_FILE=str(folder / "admin"), TOKENS=str(folder / "tokens"), **told)


def test_tokens_may_what_their_part_needs_and_no_more(influx: Influx, bucket: str, tmp_path: Path) -> None:
    """The writer's token reads and writes the two buckets, the others read them, and none reaches another bucket."""
    made = tokens(influx, bucket, tmp_path, INFLUX_RETENTION_DAYS="30")
    assert made.returncode == 0, made.stderr
    secrets = {name: (tmp_path / "tokens" / name / "token").read_text() for name in ACTIONS}
    found = influx.request("GET", "/api/v2/buckets", params={"name": bucket}).json()["buckets"]
    assert found[0]["retentionRules"][0]["everySeconds"] == 30 * 86_400
    with influx.bucket() as other:
        for name, token in secrets.items():
            sent = {"Authorization": f"Token {token}"}
            written = influx.write(bucket, "cpap,room=1 x=1", headers=sent)
            assert (written.status_code == 204) is (name == "write"), name
            assert influx.write(other, "cpap,room=1 x=1", headers=sent).status_code in (401, 403, 404), name
            seen = influx.request("GET", "/api/v2/buckets", token=token).json()["buckets"]
            assert sorted(item["name"] for item in seen) == [bucket, f"{bucket}-pipeline"]
    again = tokens(influx, bucket, tmp_path, INFLUX_RETENTION_DAYS="30")
    assert again.stdout.count("kept") == len(ACTIONS)
    (tmp_path / "tokens" / "read" / "token").write_text("lost")
    assert "made the token read" in tokens(influx, bucket, tmp_path).stdout
    old = influx.request("GET", "/api/v2/buckets", token=secrets["read"])
    assert old.status_code == 401, "the token that was lost is revoked"


def test_no_parts_token_administers_influxdb(influx: Influx, bucket: str, tmp_path: Path) -> None:
    """None makes a bucket, a task or a token, sees another's token, or changes what it may only read."""
    assert tokens(influx, bucket, tmp_path).returncode == 0
    org_id = influx.org_id()
    mine = influx.request("GET", "/api/v2/buckets", params={"name": bucket}).json()["buckets"][0]["id"]
    ever = {"start": "1970-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z"}
    may_all = [{"action": "write", "resource": {"type": "buckets", "orgID": org_id}}]
    task = f'option task = {{name: "x of a part", every: 1h}} from(bucket: "{bucket}") |> range(start: -1h)'
    changes = {
        "a bucket": ("POST", "/api/v2/buckets", {"orgID": org_id, "name": f"{bucket}-more"}),
        "a token": ("POST", "/api/v2/authorizations", {"orgID": org_id, "permissions": may_all}),
        "a task": ("POST", "/api/v2/tasks", {"org": influx.org, "flux": task}),
        "an organization": ("POST", "/api/v2/orgs", {"name": f"{bucket}-org"}),
        "the organization": ("PATCH", f"/api/v2/orgs/{org_id}", {"description": "x"}),
    }
    reading = {
        "the retention": ("PATCH", f"/api/v2/buckets/{mine}", {"retentionRules": []}),
        "the bucket": ("DELETE", f"/api/v2/buckets/{mine}", None),
        "points": ("POST", f"/api/v2/delete?org={influx.org}&bucket={bucket}", ever),
    }
    for name in ACTIONS:
        token = (tmp_path / "tokens" / name / "token").read_text()
        tried = changes if "write" in ACTIONS[name] else changes | reading
        for what, (method, path, body) in tried.items():
            answer = influx.request(method, path, token=token, json=body)
            assert answer.status_code >= 400, (name, what, answer.status_code, answer.text)  # 500 for a task
        seen = influx.request("GET", "/api/v2/authorizations", token=token)
        told = seen.json().get("authorizations") or [] if seen.status_code == 200 else []
        assert told == [], name
    assert influx.request("GET", f"/api/v2/buckets/{mine}").status_code == 200
    for path in ("tasks", "buckets", "orgs"):
        made = influx.request("GET", f"/api/v2/{path}", params={"limit": "100"}).json()[path]
        assert not {f"{bucket}-more", f"{bucket}-org", "x of a part"} & {one["name"] for one in made}, path


def retention(influx: Influx, bucket: str) -> int:
    """For how many days the bucket keeps points."""
    found = influx.request("GET", "/api/v2/buckets", params={"name": bucket}).json()["buckets"]
    return sum(rule["everySeconds"] for rule in found[0]["retentionRules"]) // 86_400


def keep(influx: Influx, bucket: str, days: int) -> None:
    """Say how long the bucket keeps points, as `bedside retention` does."""
    found = influx.request("GET", "/api/v2/buckets", params={"name": bucket}).json()["buckets"]
    rules = [{"type": "expire", "everySeconds": days * 86_400}]
    told = influx.request("PATCH", f"/api/v2/buckets/{found[0]['id']}", json={"retentionRules": rules})
    assert told.status_code == 200, told.text


def test_a_start_leaves_the_retention_that_was_set(influx: Influx, bucket: str, tmp_path: Path) -> None:
    """The setting acts when it is new or changes; what was said between is not undone by the next start."""
    influx.request("POST", "/api/v2/buckets", json={"orgID": influx.org_id(), "name": bucket})  # as its image does

    def start(days: str) -> int:
        told = tokens(influx, bucket, tmp_path, INFLUX_RETENTION_DAYS=days)
        assert told.returncode == 0, told.stderr
        return retention(influx, bucket)

    assert start("400") == 400
    keep(influx, bucket, 90)
    assert start("400") == 90, "a start undid `bedside retention --raw 90d`"
    assert start("60") == 60
    keep(influx, bucket, 30)
    assert start("60") == 30
    assert start("0") == 0
    keep(influx, bucket, 30)
    assert start("0") == 30


def test_a_stack_that_is_older_than_the_memory_loses_no_readings(influx: Influx, bucket: str, tmp_path: Path) -> None:
    """Where nothing tells what the setting was, a retention that somebody set stays."""
    influx.request("POST", "/api/v2/buckets", json={"orgID": influx.org_id(), "name": bucket})
    keep(influx, bucket, 90)
    for days in ("30", "0", "400"):
        (tmp_path / "tokens" / "write" / "retention-days").unlink(missing_ok=True)
        assert tokens(influx, bucket, tmp_path, INFLUX_RETENTION_DAYS=days).returncode == 0
        assert retention(influx, bucket) == 90


def test_tokens_reach_the_coarser_points(influx: Influx, bucket: str, tmp_path: Path) -> None:
    """Once there are buckets of coarser points, the next start gives each part a token for them, too: a patient who is
    forgotten must be taken out of them."""
    assert tokens(influx, bucket, tmp_path).returncode == 0
    for ending in COARSER:
        influx.request("POST", "/api/v2/buckets", json={"orgID": influx.org_id(), "name": bucket + ending})
    again = tokens(influx, bucket, tmp_path)
    assert again.stdout.count("made") == len(ACTIONS), again.stderr
    for name in ACTIONS:
        token = (tmp_path / "tokens" / name / "token").read_text()
        seen = influx.request("GET", "/api/v2/buckets", token=token).json()["buckets"]
        assert {bucket, *(bucket + ending for ending in COARSER)} <= {item["name"] for item in seen}
    erased = influx.request(
        "POST",
        "/api/v2/delete",
        token=(tmp_path / "tokens" / "write" / "token").read_text(),
        params={"org": influx.org, "bucket": bucket + COARSER[0]},
        json={"start": "1970-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z", "predicate": 'mrn="5"'},
    )
    assert erased.status_code == 204, erased.text


def drop(influx: Influx) -> None:
    """Revoke the tokens that a test made in a server that goes on."""
    for token in influx.request("GET", "/api/v2/authorizations").json()["authorizations"]:
        if token.get("description", "").startswith("bedside "):
            influx.request("DELETE", f"/api/v2/authorizations/{token['id']}")


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Without its environment, or with a secret that is not there, a sentence says what is missing."""
    assert "INFLUX_URL" in run("make_tokens.py").stderr
    told = run("make_tokens.py", INFLUX_URL="http://127.0.0.1:9", INFLUX_ADMIN_TOKEN_FILE=str(tmp_path / "none"))
    assert told.returncode == 1
    assert str(tmp_path / "none") in told.stderr
    assert "Traceback" not in told.stderr


def test_an_image_prints_no_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what the Dockerfile sets, the first start tells where things are and none of the tokens it made."""
    assert "BEDSIDE_SHOW_TOKENS=no" in (ROOT / "Dockerfile").read_text()
    made = {"monitor": "bedside_of-a-monitor", "clinician": "bedside_of-a-clinician"}
    welcome.show(Settings.load(data=tmp_path), made, demo=False)
    assert "bedside_of-a-monitor" in capsys.readouterr().out
    monkeypatch.setenv("BEDSIDE_SHOW_TOKENS", "no")
    welcome.show(Settings.load(data=tmp_path), made, demo=False)
    said = capsys.readouterr().out
    assert "bedside_of" not in said
    assert "token create" in said


class _Alive(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def test_the_health_check_tells_alive_from_dead() -> None:
    """It is 0 while /healthz answers 200, also when the server is not ready, and 1 when nobody answers."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Alive)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    alive = run("healthy.py", BEDSIDE_PORT=str(server.server_port))
    server.shutdown()
    server.server_close()
    assert alive.returncode == 0, alive.stderr
    dead = run("healthy.py", BEDSIDE_PORT=str(free_port()))
    assert dead.returncode == 1
    assert "does not answer" in dead.stderr
