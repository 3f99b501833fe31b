"""A patient's name is in the identity database and nowhere else; an MRN is in no log, no metric and no address."""

import base64
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from tests.ingest.conftest import start_ward
from tests.security.conftest import ADMIN, MARKED, MARKUP, Doors

IDENTITY = ("bedside.db", "bedside.db-wal", "bedside.db-shm")  # where names belong
MARK = {"X-Bedside-Ward": "1"}
Told = list[tuple[str, str]]


def spellings(text: str) -> set[bytes]:
    """A text as it may stand somewhere: plain, escaped for JSON or an address, in UTF-16, in base64."""
    plain = {text, json.dumps(text)[1:-1], quote(text), quote_plus(text), quote(text, safe="")}
    coded = {text.encode("utf-16-le"), base64.b64encode(text.encode()).rstrip(b"=")[:-1]}
    return {one.encode() for one in plain} | coded


@pytest.fixture(scope="module")
def told(doors: Doors) -> Told:
    """What the servers said of a night to whoever asked, in calls that name patients and in calls that fail."""
    said: Told = []

    def call(method: str, url: str, token: str | None, **options: Any) -> None:
        answer = doors.call(method, url, token, **options)
        said.append((f"{method} {url} {answer.status_code}", f"{answer.headers}\n{answer.text}"))

    body = {"room": "room-a", "time": "2026-01-01T00:00:00Z", "spo2": 90.0, **MARKED}
    for change in ({}, {"spo2": 91.0}, {"spo2": 1000}, {"nmae": MARKED["name"]}, {"room": "a b"}, {MARKED["name"]: 1}):
        call("POST", "/v1/readings", doors.tokens["monitor"], json={**body, **change})
    call("POST", "/v1/readings", doors.tokens["limited"], json={**body, "room": "other"})
    call("POST", "/v1/readings", doors.tokens["monitor"], data=json.dumps(body)[:-5])
    for path in ("admit", "discharge", "transfer"):
        for more in (
            {"mrn": MARKED["mrn"], "name": MARKED["name"], "to": "room-a"},
            {"mrn": MARKED["mrn"], "to": "301"},
        ):
            call("POST", f"/v1/rooms/room-b/{path}", doors.tokens["clinician"], json=more)
    call("GET", f"/v1/patients/{MARKED['mrn']}", doors.tokens["monitor"])
    call("GET", f"/v1/{MARKED['mrn']}/{MARKED['name']}", ADMIN)
    call("POST", "/v1/tokens", ADMIN, json={"role": MARKED["name"], "name": MARKED["mrn"]})
    call("GET", "/v1/quarantine", ADMIN)
    call("GET", "/v1/tokens", ADMIN)
    call("GET", "/metrics", ADMIN)
    call("GET", "/readyz", None)
    call("GET", "/openapi.json", None)
    call("GET", doors.influx_url + "/metrics", ADMIN)
    _page(doors, said)
    return said


def _page(doors: Doors, said: Told) -> None:
    """The page as somebody looks at it: names are asked for, panels drawn, an alert listed."""
    body = {"token": doors.tokens["clinician"], "who": "Dr. Moss"}
    session = doors.call("POST", "/ward/api/session", headers=MARK, json=body).cookies
    names = {"view": "bedside-room", "mrns": list(doors.names)}
    answer = doors.call("POST", "/ward/api/names", headers=MARK, cookies=session, json=names)
    assert answer.json()["names"] == {mrn: name for mrn, name in doors.names.items() if name}
    now = int(time.time() * 1000)
    for dashboard in doors.call("GET", "/ward/api/dashboards", cookies=session).json()["dashboards"]:
        shown = doors.call("GET", f"/ward/api/dashboards/{dashboard['uid']}", cookies=session).json()
        for panel in shown.get("panels", [])[:8]:
            asked = {
                "dashboard": dashboard["uid"],
                "panel": panel["id"],
                "from": now - 86_400_000,
                "to": now,
                "variables": {"mrn": MARKED["mrn"], "room": "room-a", "night": "2026-01-01"},
            }
            answer = doors.call("POST", "/ward/api/query", headers=MARK, cookies=session, json=asked)
            said.append((f"panel {dashboard['uid']} {panel['id']}", answer.text))
    for path in ("rooms", "alerts", f"dashboards/{MARKED['mrn']}"):
        said.append((path, doors.call("GET", f"/ward/api/{path}", cookies=session).text))


def files(doors: Doors) -> Iterator[Path]:
    """Every file of the data folder that is not the identity database."""
    _until_forwarded(doors)
    for file in doors.up.data.rglob("*"):
        if file.is_file() and not (file.parent == doors.up.data and file.name in IDENTITY):
            yield file


def _until_forwarded(doors: Doors) -> None:
    while True:
        metrics = doors.call("GET", "/metrics", ADMIN).text
        if any(line.startswith("bedside_outbox_lines ") and line.endswith(" 0.0") for line in metrics.splitlines()):
            return
        time.sleep(0.05)


def test_the_marks_are_found_where_they_belong(doors: Doors) -> None:
    """The identity database holds every name: what is looked for below is there to be found."""
    content = b"".join((doors.up.data / name).read_bytes() for name in IDENTITY if (doors.up.data / name).exists())
    for name in filter(None, doors.names.values()):
        assert name.encode() in content


def test_no_other_file_has_a_name(doors: Doors, told: Told) -> None:
    """Every byte of InfluxDB's files, logs, the audit log, silences, secrets and locks: no name in any spelling."""
    assert told
    looked_at = 0
    for file in files(doors):
        content = file.read_bytes()
        looked_at += 1
        for name in filter(None, doors.names.values()):
            for spelling in spellings(name):
                assert spelling not in content, (file, name)
    assert looked_at > 10


def test_no_table_but_one_has_a_name(doors: Doors, told: Told) -> None:
    """Within the identity database names are in the table of patients: no receipt, stored answer, outbox has one."""
    assert told
    _assert_in_patients_alone(doors.up.data / "bedside.db", [name for name in doors.names.values() if name])


def _assert_in_patients_alone(path: Path, names: list[str]) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        for table in tables:
            rows = "\n".join(str(row) for row in database.execute(f'SELECT * FROM "{table}"'))
            for name in names:
                assert (repr(name)[1:-1] in rows) == (table == "patients"), (table, name)


def test_what_waits_for_influxdb_has_no_name(tmp_path: Path) -> None:
    """With InfluxDB away the outbox fills, keys and answers are stored: every line has the MRN, none a name."""
    ward = start_ward(tmp_path / "data")
    try:
        for number, patient in enumerate((MARKED, MARKUP)):
            reading = {"room": number, "spo2": 95.0, "time": "2026-01-01T00:00:00Z", **patient}
            assert ward.read(reading, headers={"Idempotency-Key": f"k{number}"}).status_code == 201
        assert sum(MARKED["mrn"] in line for line in ward.lines()) >= 2
        _assert_in_patients_alone(tmp_path / "data" / "bedside.db", [MARKED["name"], MARKUP["name"]])
    finally:
        ward.stop()


def test_no_answer_of_influxdb_has_a_name(doors: Doors) -> None:
    """All points of all buckets as InfluxDB tells them, and what it tells of itself."""
    _until_forwarded(doors)
    headers = {"Authorization": f"Token {ADMIN}", "Content-Type": "application/vnd.flux"}
    buckets = doors.call("GET", doors.influx_url + "/api/v2/buckets", headers=headers).json()["buckets"]
    told = json.dumps(buckets)
    for bucket in (bucket["name"] for bucket in buckets):
        flux = f'from(bucket: "{bucket}") |> range(start: 0)'
        answer = doors.call("POST", doors.influx_url + "/api/v2/query?org=ward", data=flux, headers=headers)
        assert answer.status_code == 200
        told += answer.text
    assert MARKED["mrn"] in told
    for name in filter(None, doors.names.values()):
        assert not any(spelling in told.encode() for spelling in spellings(name)), name


def test_no_error_and_no_metric_has_a_name(doors: Doors, told: Told) -> None:
    """Refusals, panels, metrics, lists: nothing but the calls that are for names tells one."""
    for what, text in told:
        for name in filter(None, doors.names.values()):
            assert not any(spelling in text.encode() for spelling in spellings(name)), (what, name)


def test_no_error_and_no_metric_has_an_mrn(doors: Doors, told: Told) -> None:
    """Refusals and metrics hold no MRN either; what answers a clinician or InfluxDB's readers may."""
    looked_at = 0
    for what, text in told:
        if not (re.search(r" 4\d\d$", what) or "/metrics" in what or "/readyz" in what):
            continue
        looked_at += 1
        for mrn in doors.names:
            assert mrn not in text, (what, mrn)
    assert looked_at > 12


def test_no_log_has_an_mrn(doors: Doors, told: Told) -> None:
    """Logs and the audit log: a keyed hash stands for the MRN, and nothing of the address that named it is written."""
    assert told
    files_ = [*(doors.up.data / "logs").iterdir(), *(doors.up.data / "ward").glob("audit*")]
    assert len(files_) > 4
    for file in files_:
        content = file.read_bytes()
        for mrn in doors.names:
            assert not any(spelling in content for spelling in spellings(mrn)), (file.name, mrn)
    audit = (doors.up.data / "ward" / "audit.jsonl").read_text()
    patients = {line["patient"] for line in map(json.loads, audit.splitlines()) if "patient" in line}
    assert len(patients) >= len(doors.names)


def test_no_process_shows_a_patient(doors: Doors) -> None:
    """Neither a command line nor an environment of a part names anybody."""
    for part in ("ingest", "influxlite", "ward"):
        process = Path(f"/proc/{doors.up.pid(part)}")
        if not process.exists():
            pytest.skip("no /proc here")
        shown = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        for mrn, name in doors.names.items():
            assert mrn.encode() not in shown
            assert not name or name.encode() not in shown
