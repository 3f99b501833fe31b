"""influxlite alone: its tokens come from files, and what would show them to other users is told."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.influx_servers import ORG, free_port, running

TOKEN, READ_TOKEN = "marked-token-31c6", "marked-read-token-7d20"


def command(data: Path, port: int, *more: str) -> list[str]:
    """The command that serves a folder, with its tokens as told by `more`."""
    options = ["--data", str(data), "--port", str(port), "--org", ORG, "--bucket", "first", "--exit-with-parent"]
    return [sys.executable, "-m", "influxlite", "serve", *options, *more]


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_token_from_a_file_shows_nowhere(tmp_path: Path) -> None:
    """Given as files both tokens are good, and neither process list, environment nor log has one of them."""
    (tmp_path / "token").write_text(TOKEN + "\n")
    (tmp_path / "read").write_text(READ_TOKEN)
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    files = ["--token-file", str(tmp_path / "token"), "--read-token-file", str(tmp_path / "read")]
    with running(command(tmp_path / "data", port, *files), url, log) as process:
        for token, status in ((TOKEN, 200), (READ_TOKEN, 200), ("another", 401)):
            headers = {"Authorization": f"Token {token}"}
            assert requests.get(f"{url}/api/v2/buckets", headers=headers, timeout=60).status_code == status
        asked = [sys.executable, "-m", "influxlite", "query", "--url", url, "--org", ORG, *files[:2], "buckets()"]
        assert subprocess.run(asked, capture_output=True, check=True).stdout
        place = Path("/proc") / str(process.pid)
        shown = (place / "cmdline").read_bytes() + (place / "environ").read_bytes() + log.read_bytes()
    assert TOKEN.encode() not in shown
    assert READ_TOKEN.encode() not in shown
    assert b"shows in the process list" not in shown


def test_a_token_that_shows_is_warned_of(tmp_path: Path) -> None:
    """`--token` works, and the log says that it shows, without saying it."""
    port, log = free_port(), tmp_path / "log"
    with running(command(tmp_path / "data", port, "--token", TOKEN), f"http://127.0.0.1:{port}", log):
        pass
    assert "--token shows in the process list" in log.read_text()
    assert TOKEN not in log.read_text()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "Give --token-file"),
        (["--token-file", "none"], "cannot read none"),
        (["--token-file", "empty"], "is empty"),
        (["--token", ""], "Give --token-file"),
        (["--token", TOKEN, "--read-token", TOKEN], "the tokens are one and the same"),
        (
            ["--token", TOKEN, "--read-token", READ_TOKEN, "--write-token", READ_TOKEN],
            "the tokens are one and the same",
        ),
    ],
)
def test_a_missing_token_is_told(tmp_path: Path, more: list[str], said: str) -> None:
    """Without a token, with a file that has none, or with one for all, a sentence says what to give."""
    (tmp_path / "empty").write_text("\n")
    told = subprocess.run(
        command(tmp_path / "data", free_port(), *more), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert said in told.stderr


def test_a_secret_that_was_changed_is_good_no_more(tmp_path: Path) -> None:
    """Whoever may change authorizations does not make it outlive the start that no longer names it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    path = f"{url}/api/v2/authorizations"

    def status(token: str) -> int:
        return requests.get(path, headers={"Authorization": f"Token {token}"}, timeout=60).status_code

    def served(token: str, read_token: str) -> Any:
        (tmp_path / "token").write_text(token)
        (tmp_path / "read").write_text(read_token)
        files = ["--token-file", str(tmp_path / "token"), "--read-token-file", str(tmp_path / "read")]
        return running(command(tmp_path / "data", port, *files), url, tmp_path / "log")

    with served("old", "old-reader"):
        headers = {"Authorization": "Token old"}
        for one in requests.get(path, headers=headers, timeout=60).json()["authorizations"]:
            body = {"description": "mine"}
            answer = requests.patch(f"{path}/{one['id']}", headers=headers, json=body, timeout=60)
            assert (answer.status_code, "stays with it" in answer.text) == (400, True)
            kept = {"description": one["description"], "status": "active"}
            assert requests.patch(f"{path}/{one['id']}", headers=headers, json=kept, timeout=60).status_code == 200
            permission = {"action": "read", "resource": {"type": "buckets"}}
            like = {"orgID": one["orgID"], "description": one["description"], "permissions": [permission]}
            assert requests.post(path, headers=headers, json=like, timeout=60).status_code == 400
        assert (status("old"), status("old-reader")) == (200, 200)
    with served("new", "new-reader"):
        assert [status(token) for token in ("new", "new-reader", "old", "old-reader")] == [200, 200, 401, 401]
