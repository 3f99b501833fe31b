"""The command `influxlite`: options, secrets, one sentence for what goes wrong, a clean end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.influx_servers import ORG, TOKEN, Influx, free_port, influxlite_command, wait_for_health

PROGRAM = [sys.executable, "-m", "influxlite"]


def run(
    *arguments: str, environment: dict[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, input=stdin, env={**os.environ, **(environment or {})}
    )


def options(data: Path, port: int) -> list[str]:
    """What `serve` needs."""
    return influxlite_command(data, port)[3:]


@contextlib.contextmanager
def serving(data: Path, port: int, log: Path, arguments: list[str], environment: dict[str, str]):
    """A server with these arguments, killed at the end where it has not ended."""
    with log.open("wb") as out:
        process = subprocess.Popen([*PROGRAM, *arguments], stdout=out, stderr=out, env={**os.environ, **environment})
    try:
        wait_for_health(f"http://127.0.0.1:{port}", process, log)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_the_version_names_program_and_api() -> None:
    """`--version` says what it is and which InfluxDB it speaks like."""
    told = run("--version")
    assert told.returncode == 0
    assert told.stdout.startswith("influxlite ")
    assert "v2.9.1-influxlite" in told.stdout


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    """Exit code 1, the port named, no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = run(*options(tmp_path / "data", port))
    assert told.returncode == 1
    assert told.stderr.strip().splitlines()[-1] == f"Error: port {port} on 127.0.0.1 is taken by another program"
    assert "Traceback" not in told.stderr


def test_a_held_folder_is_one_sentence(tmp_path: Path) -> None:
    """A second server on one folder ends at once and says why; the first goes on."""
    port = free_port()
    with serving(tmp_path / "data", port, tmp_path / "log", options(tmp_path / "data", port), {}) as process:
        told = run(*options(tmp_path / "data", free_port()))
        assert told.returncode == 1
        assert f"in use by another influxlite (process {process.pid})" in told.stderr
        assert "Traceback" not in told.stderr
        assert requests.get(f"http://127.0.0.1:{port}/health", timeout=10).json()["status"] == "pass"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """A file in the folder's place; before it only the warning that a token was given where others can see it."""
    (tmp_path / "file").write_text("")
    told = run(*options(tmp_path / "file", free_port()))
    assert told.returncode == 1
    warning, sentence = told.stderr.splitlines()
    assert "--token shows in the process list" in warning
    assert sentence.startswith("Error: cannot write to the data folder")


@pytest.mark.parametrize("retention", ["x", "10m", "-1"])
def test_a_retention_that_cannot_be_is_refused(tmp_path: Path, retention: str) -> None:
    """Wrong usage has exit code 2 and says what to give."""
    told = run(*options(tmp_path / "data", free_port()), "--retention", retention)
    assert told.returncode == 2
    assert "at least an hour" in told.stderr


def test_secrets_come_from_files_and_change(tmp_path: Path) -> None:
    """Tokens by …_FILE; a token changed at the next start stops working, a read token only reads."""
    data, port = tmp_path / "data", free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ["serve", "--data", str(data), "--port", str(port), "--org", ORG, "--bucket", "b", "--retention", "30d"]
    for secret in ("first", "second"):
        (tmp_path / "token").write_text(f"{secret}\n")
        environment = {"INFLUXLITE_TOKEN_FILE": str(tmp_path / "token"), "INFLUXLITE_READ_TOKEN": f"{secret}-read"}
        with serving(data, port, tmp_path / "log", arguments, environment):
            server = Influx("influxlite", url, ORG, secret)
            assert server.write("b", "m v=1").status_code == 204
            reader = Influx("influxlite", url, ORG, f"{secret}-read")
            assert reader.query('from(bucket: "b") |> range(start: -1h)').status_code == 200
            assert reader.write("b", "m v=1").status_code == 403
            (bucket,) = server.request("GET", "/api/v2/buckets", params={"name": "b"}).json()["buckets"]
            assert bucket["retentionRules"][0]["everySeconds"] == 30 * 86_400
            for old in ("first", "first-read") if secret == "second" else ():
                assert server.request("GET", "/api/v2/buckets", token=old).status_code == 401
        assert secret not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, sign: signal.Signals) -> None:
    """Exit code 0, the log of the database written into its file, the folder free."""
    data, port = tmp_path / "data", free_port()
    with serving(data, port, tmp_path / "log", options(data, port), {}) as process:
        server = Influx("influxlite", f"http://127.0.0.1:{port}", ORG, TOKEN)
        assert server.write("bedside-test-first", "m v=1").status_code == 204
        process.send_signal(sign)
        assert process.wait(30) == 0
    assert not (data / "influxlite.duckdb.wal").exists()
    with serving(data, port, tmp_path / "log", options(data, port), {}):
        assert (
            ",m"
            in Influx("influxlite", f"http://127.0.0.1:{port}", ORG, TOKEN)
            .query('from(bucket: "bedside-test-first") |> range(start: -1h)')
            .text
        )


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """With --exit-with-parent it goes when the process that started it is killed."""
    port = free_port()
    command = [*PROGRAM, *options(tmp_path / "data", port), "--exit-with-parent"]
    parent = subprocess.Popen([sys.executable, "-c", f"import subprocess; subprocess.run({command!r})"])
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for_health(url, parent, Path(os.devnull))
    finally:
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            requests.get(f"{url}/health", timeout=5)
        except requests.ConnectionError:
            return
        time.sleep(0.1)
    raise AssertionError("the server is still there")


FAILING = """import "array"
array.from(rows: [{x: "first"}]) |> yield(name: "a")
array.from(rows: [{x: 0}]) |> map(fn: (r) => ({y: 1 / r.x})) |> yield(name: "b")"""


def test_query_prints_what_was_asked_for(influx: Influx, tmp_path: Path) -> None:
    """Table, CSV and JSON; a script by argument, file and stdin; exit code 3 when the server refuses."""
    environment = {"INFLUXDB_V2_URL": influx.url, "INFLUXDB_V2_ORG": influx.org, "INFLUXDB_V2_TOKEN": influx.token}
    with influx.bucket() as bucket:
        influx.write(bucket, "m,room=101 v=1.5 1000000000\nm,room=102 v=2.5 1000000000")
        script = f'from(bucket: "{bucket}") |> range(start: 0) |> keep(columns: ["room", "_value"])'
        (tmp_path / "q.flux").write_text(script)
        table = run("query", script, environment=environment)
        assert table.returncode == 0, table.stderr
        assert "room" in table.stdout
        assert "101" in table.stdout
        rows = json.loads(
            run("query", "-o", "json", "--file", str(tmp_path / "q.flux"), environment=environment).stdout
        )
        assert sorted((row["room"], row["_value"]) for row in rows) == [("101", "1.5"), ("102", "2.5")]
        text = run("query", "-o", "csv", environment=environment, stdin=script).stdout
        assert text.startswith("#datatype,")
        refused = run("query", "nope()", environment=environment)
        assert refused.returncode == 3
        assert "undefined identifier nope" in refused.stderr
        for form in ("table", "json", "csv"):
            halfway = run("query", "-o", form, FAILING, environment=environment)
            assert halfway.returncode == 3, form
            assert "failed after this: runtime error: cannot divide by zero" in halfway.stderr
            assert "first" in halfway.stdout
    nobody = run("query", "1", environment={**environment, "INFLUXDB_V2_URL": f"http://127.0.0.1:{free_port()}"})
    assert nobody.returncode == 1
    assert "is the server running?" in nobody.stderr
