"""`bedside up`, as a person meets it: what it prints works, what is in its way is said, what it keeps is kept."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.bedside.running_up import BEDSIDE, Up, clean_environment


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A Bedside with a demo ward, shared by the tests that only look."""
    running = Up(tmp_path_factory.mktemp("up") / "data", ("--demo",)).start()
    yield running
    with contextlib.suppress(ProcessLookupError):
        running.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Up]:
    """A Bedside that the test may stop and kill; its bucket has a name of its own."""
    running = Up(tmp_path / "data", environment={"BEDSIDE_BUCKET": "sleep-lab"})
    yield running.start()
    running.process.kill()
    running.process.wait()


def run(command: str) -> subprocess.CompletedProcess[str]:
    """A line as a person would paste it into a shell, in another folder and without any setting."""
    return subprocess.run(["bash", "-c", command], env=clean_environment(), cwd="/", capture_output=True, text=True)


def until(condition: object, what: str) -> None:
    """Wait until it is so; the test's own patience ends a wait for what never comes."""
    for _ in range(1200):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError(f"never came: {what}")


def gone(pid: int) -> bool:
    """Whether no process has that id (or only a dead one that nobody waits for)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z"
    except OSError:
        return True


def test_the_printed_commands_work_as_printed(up: Up) -> None:
    """A curl that posts a reading, one that shows the rooms, one Flux query: pasted, each does what it says."""
    post, rooms, flux = up.commands()
    assert '"status": "accepted"' in run(post).stdout
    assert "9001" in run(rooms).stdout
    until(lambda: "9001" in run(flux).stdout, "the posted reading in Flux")


def test_the_first_start_shows_a_token_for_each_role(up: Up) -> None:
    """Each token works in its role and in no other."""
    shown = {words[0]: words[1] for line in up.lines if len(words := line.split()) == 2 and line.startswith("  ")}
    assert set(shown) >= {"monitor", "clinician", "analyst", "admin"}
    for role, expected in {"monitor": 403, "clinician": 200, "analyst": 403, "admin": 200}.items():
        headers = {"Authorization": f"Bearer {shown[role]}"}
        assert requests.get(f"http://127.0.0.1:{up.port}/v1/rooms", headers=headers).status_code == expected
    asked = requests.post(
        f"http://127.0.0.1:{up.influx_port}/api/v2/query?org=ward",
        headers={"Authorization": f"Token {shown['analyst']}"},
        json={"query": "buckets()"},
    )
    assert asked.status_code == 200
    written = requests.post(
        f"http://127.0.0.1:{up.influx_port}/api/v2/write?org=ward&bucket=telemetry",
        headers={"Authorization": f"Token {shown['analyst']}"},
        data="cpap v=1",
    )
    assert written.status_code in (401, 403)


def test_the_demo_ward_comes_in(up: Up) -> None:
    """Twelve rooms with readings, each with a patient and a name."""

    def demo_rooms() -> list[dict[str, object]]:
        told = up.json("rooms")
        assert isinstance(told, dict)
        return [room for room in told["rooms"] if room["room"] != "200" and room["mrn"] and room["last_reading"]]

    until(lambda: len(demo_rooms()) == 12, "twelve rooms")
    assert all(room["name"] for room in demo_rooms())
    query = 'from(bucket: "telemetry") |> range(start: -12h) |> filter(fn: (r) => r._field == "spo2") |> count()'
    until(lambda: len(up.json("flux", query)) >= 12, "readings of every room")  # type: ignore[arg-type]


def test_check_finds_all_well(up: Up) -> None:
    """`bedside check` looks at every part and ends with 0."""
    told = up.ask("check")
    assert told.returncode == 0, told.stdout
    assert "✗" not in told.stdout
    assert "ward page    there at" in told.stdout


def test_flux_speaks_table_csv_and_json(up: Up) -> None:
    """The same answer in three shapes; a wrong query is an error with InfluxDB's words and exit code 1."""
    query = 'import "array" array.from(rows: [{room: "101", limit: 18.5}])'
    assert "18.5" in up.ask("flux", query).stdout
    assert up.ask("flux", query, "--csv").stdout.startswith("#datatype,string,long,")
    assert up.json("flux", query) == [{"result": "_result", "room": "101", "limit": 18.5}]
    wrong = up.ask("flux", "from(bucket: ")
    assert wrong.returncode == 1
    assert "error @1:" in wrong.stderr


def test_a_simulated_ward_is_held_against_its_ledger(up: Up) -> None:
    """Every fault, then every acknowledged reading once under its patient; a second ward takes rooms of its own."""
    few = ("simulate", "--rooms", "2", "--nights", "0.1", "--faults", "all", "--verify")
    for _ in range(2):
        report = up.json(*few)
        assert isinstance(report, dict)
        assert report["ok"]
        assert report["verdict"]["readings"] > 0
        assert report["verdict"]["lost"] == report["verdict"]["doubled"] == report["verdict"]["misattributed"] == 0
    told = up.json("rooms")
    assert isinstance(told, dict)
    assert {"101", "102", "201", "202"} <= {room["room"] for room in told["rooms"]}
    assert up.ask(*few, "--start", "yesterday").returncode == 2


def test_tokens_are_made_listed_and_revoked(up: Up) -> None:
    """A monitor's token limited to a room posts for that room alone, until it is revoked."""
    token = up.ask("token", "create", "monitor", "--name", "airsense-17", "--room", "300").stdout.strip()
    url, headers = f"http://127.0.0.1:{up.port}/v1/readings", {"Authorization": f"Bearer {token}"}
    assert requests.post(url, headers=headers, json={"room": 300, "mrn": 1, "spo2": 95.0}).status_code == 201
    assert requests.post(url, headers=headers, json={"room": 301, "mrn": 1, "spo2": 95.0}).status_code == 403
    listed = up.json("token", "list")
    assert isinstance(listed, dict)
    (mine,) = [row for row in listed["tokens"] if row["name"] == "airsense-17"]
    assert up.ask("token", "revoke", mine["id"]).returncode == 0
    assert requests.post(url, headers=headers, json={"room": 300, "mrn": 1, "spo2": 95.0}).status_code == 401


def test_exit_codes_mean_something(up: Up) -> None:
    """2 not understood, 3 nobody answers, 4 the token may not."""
    assert up.ask("stays").returncode == 2
    assert up.ask("rooms", "--token", "wrong").returncode == 4
    nobody = subprocess.run(
        [str(BEDSIDE), "rooms", "--token", "x"],
        env=clean_environment() | {"BEDSIDE_PORT": "1", "BEDSIDE_DATA": "/nowhere"},
        capture_output=True,
        text=True,
    )
    assert nobody.returncode == 3
    assert "Nobody answers at http://127.0.0.1:1" in nobody.stderr


def test_a_second_one_on_the_same_data_is_told(up: Up) -> None:
    """One clear sentence, exit code 1, and the first goes on."""
    second = up.ask("up")
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"already runs on {up.data} (process {up.process.pid})" in second.stderr
    assert up.ask("check").returncode == 0


@pytest.mark.parametrize("option", ["--port", "--influx-port"])
def test_a_taken_port_is_told(tmp_path: Path, option: str) -> None:
    """The sentence names the port and the option that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        command = [str(BEDSIDE), "up", "--data", str(tmp_path / "data"), option, str(number)]
        told = subprocess.run(command, env=clean_environment(), capture_output=True, text=True)
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert f"Port {number} on 127.0.0.1 cannot be used" in told.stderr
    assert option in told.stderr


def test_a_folder_that_cannot_be_written_is_told() -> None:
    """One sentence, no traceback."""
    told = subprocess.run([str(BEDSIDE), "up", "--data", "/proc/data"], capture_output=True, text=True)
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert "cannot be written" in told.stderr


def test_a_setting_that_cannot_be_is_told(tmp_path: Path) -> None:
    """One sentence that names the setting and what it may be, never its value, and exit code 2; nothing starts."""
    told = subprocess.run(
        [str(BEDSIDE), "up", "--data", str(tmp_path / "data")],
        env=clean_environment() | {"BEDSIDE_TURNOVER": "sometimes"},
        capture_output=True,
        text=True,
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "bedside: BEDSIDE_TURNOVER must be 'implicit' or 'adt'.\n"
    assert not (tmp_path / "data").exists()


def test_one_port_for_two_is_told(tmp_path: Path) -> None:
    """The API and influxlite cannot have one port; the sentence names both options."""
    command = [str(BEDSIDE), "up", "--data", str(tmp_path / "data"), "--port", "18086", "--influx-port", "18086"]
    told = subprocess.run(command, env=clean_environment(), capture_output=True, text=True)
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert "--port or --influx-port" in told.stderr


def test_starting_again_finds_everything_as_it_was(own: Up) -> None:
    """After Ctrl-C (exit code 0) the next start shows no token, and rooms, stays and points are there."""
    assert run(own.commands()[0]).returncode == 0
    query = own.commands()[2].split("'")[1]
    assert 'from(bucket: "sleep-lab")' in query
    until(lambda: len(own.json("flux", query)) == 1, "the point")  # type: ignore[arg-type]
    before = own.json("rooms"), own.json("stays", "--room", "200"), own.json("flux", query)
    assert own.stop() == 0
    assert own.lines[-1].startswith("Stopped.")
    assert not list((own.data / "run").glob("*.pid"))
    own.start()
    assert not any("shown this once" in line for line in own.lines)
    assert (own.json("rooms"), own.json("stays", "--room", "200"), own.json("flux", query)) == before
    assert own.stop(signal.SIGTERM) == 0


def test_a_part_that_is_killed_comes_back(own: Up) -> None:
    """kill -9 of ingest and of influxlite: each is said, started again, and a reading makes its whole way."""
    for part in ("ingest", "influxlite"):
        os.kill(own.pid(part), signal.SIGKILL)
        own.wait_for(f"{part} was killed (signal 9)")
    until(lambda: "sleep-lab in org ward can be read" in own.ask("check").stdout, "all well again")
    assert run(own.commands()[0]).returncode == 0


def test_parts_end_with_a_supervisor_that_is_killed(own: Up) -> None:
    """Nothing is left that holds a port or a lock: the next start on the same data works."""
    parts = [own.pid(part) for part in ("ingest", "influxlite")]
    own.stop(signal.SIGKILL)
    for pid in parts:
        until(lambda pid=pid: gone(pid), f"the end of process {pid}")
    own.start()
    assert own.ask("check").returncode == 0
