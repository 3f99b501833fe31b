"""`bedside report`, `export` and `import` as commands: against running servers, by output and exit code."""

import csv
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyedflib
import pytest

from bedside.cli import main
from tests.influx_servers import TOKEN, free_port, influxlite_command, running
from tests.ingest import conftest as ingest

Run = Callable[..., tuple[int, str, str]]
NIGHT = datetime(2026, 1, 10, 22, tzinfo=UTC)


def minute(index: int, **fields: object) -> dict[str, object]:
    """A reading of patient 5001 in room 101, so many minutes after 22:00."""
    at = (NIGHT + timedelta(minutes=index)).isoformat().replace("+00:00", "Z")
    return {"room": 101, "mrn": 5001, "time": at, "name": "Ada Park", **fields}


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ingest.Ward]:
    """A running API that forwards to an influxlite of its own, with five hours of one patient."""
    folder = tmp_path_factory.mktemp("ward")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(influxlite_command(folder / "influx", port), url, folder / "influxlite.log"):
        api = ingest.start_ward(
            folder / "data", influx_url=url, influx_org="test-ward", influx_v2_token=TOKEN, forward_interval_s=0.01
        )
        steady = {"mask_on": True, "cpap_pressure": 9.5, "leak_rate": 12.0, "spo2": 95.0}
        readings = [minute(i, apnea_count=int(i % 60 == 0), **steady) for i in range(300)]
        assert api.read(readings).json()["accepted"] == 300
        while api.lines():
            pass
        yield api
        api.stop()


@pytest.fixture
def run(ward: ingest.Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line as `bedside`; its exit code, output, and what it said on stderr."""
    host, port = ward.url.removeprefix("http://").split(":")
    for name, value in {
        "BEDSIDE_DATA": str(tmp_path / "data"),
        "BEDSIDE_HOST": host,
        "BEDSIDE_PORT": port,
        "BEDSIDE_TOKEN": ingest.ADMIN,
        "BEDSIDE_TIMEZONE": "Europe/Vienna",
        "INFLUXDB_V2_URL": str(ward.settings.influx_url),
        "INFLUXDB_V2_ORG": "test-ward",
        "INFLUXDB_V2_TOKEN": TOKEN,
    }.items():
        monkeypatch.setenv(name, value)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bedside", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def test_a_night_is_reported_in_every_form(run: Run, ward: ingest.Ward, tmp_path: Path) -> None:
    """Printed, as a page, as a sheet and as JSON, with the name for a clinician; files are their owner's."""
    token = ("--token", ward.tokens["clinician"])
    code, out, err = run("report", "night", "--mrn", 5001, "--night", "2026-01-10", *token)
    assert (code, err) == (0, "")
    assert "Ada Park, MRN 5001: Night of Saturday, 10 January 2026" in out
    assert "5 h 02 min" in out  # the first reading stands for three minutes
    page, sheet = tmp_path / "night.html", tmp_path / "night.pdf"
    code, out, err = run(
        "report", "night", "--mrn", 5001, "--night", "2026-01-10", "--html", page, "--pdf", sheet, "--json"
    )
    told = json.loads(out)
    assert (code, told["name"], told["figures"]["apneas"], told["figures"]["usage_s"]) == (0, "Ada Park", 5, 302 * 60)
    assert told["stays"][0]["room"] == "101"
    assert "Ada Park" in page.read_text()
    assert sheet.read_bytes().startswith(b"%PDF-")
    assert {page.stat().st_mode & 0o777, sheet.stat().st_mode & 0o777} == {0o600}


def test_names_are_for_those_who_may_see_them(run: Run, ward: ingest.Ward) -> None:
    """Anonymous by option; without name and stays for an analyst, which is said; an unknown patient is told."""
    night = ("report", "night", "--mrn", 5001, "--night", "2026-01-10")
    assert "Ada Park" not in run(*night, "--anonymous")[1]
    code, out, err = run(*night, "--token", ward.tokens["analyst"])
    assert code == 0
    assert "Ada Park" not in out + err
    assert "5 h 02 min" in out
    assert "Without name, stays and flow images" in err
    code, _, err = run("report", "night", "--mrn", "nobody", "--night", "2026-01-10")
    assert (code, "No reading and no admission ever named that patient" in err) == (1, True)
    assert run("report", "night", "--mrn", 5001, "--night", "10.1.2026")[0] == 2
    assert run(*night, "--timezone", "Europe/Nowhere")[0] == 2


def test_adherence_is_told_with_both_figures_labelled(run: Run) -> None:
    """One night of 4 hours long ago: the rule is not met, and the last 30 nights stand apart as no CMS figure."""
    code, out, _ = run("report", "adherence", "--mrn", 5001, "--json")
    told = json.loads(out)
    assert (code, told["verdict"]) == (0, "not met")
    assert told["best_30_of_first_90"]["nights_of_4_h"] == 1
    assert told["last_30_nights_not_cms"]["nights_of_4_h"] == 0
    assert told["usage_s"]["2026-01-10"] == 302 * 60
    code, out, _ = run("report", "adherence", "--mrn", 5001)
    assert "CMS rule: not met" in out
    assert "no CMS figure" in out


def test_exports_in_every_form(run: Run, tmp_path: Path) -> None:
    """CSV, Parquet, EDF+ and FHIR hold the same 300 readings; strangers have no MRN and no room."""
    assert run("export", "readings", tmp_path / "all.csv")[0] == 0
    assert run("export", "readings", tmp_path / "one.parquet", "--mrn", 5001, "--to", "2026-01-10T23:30")[0] == 0
    assert len(list(csv.reader((tmp_path / "all.csv").open()))) == 301
    assert len(pl.read_parquet(tmp_path / "one.parquet")) == 30  # 23:30 in Vienna is 22:30 UTC
    assert run("export", "stays", tmp_path / "stays.csv")[0] == 0
    assert (tmp_path / "stays.csv").read_text().splitlines()[1] == "101,5001,2026-01-10T22:00:00.000Z,"
    assert run("export", "edf", tmp_path / "edf")[0] == 0
    with pyedflib.EdfReader(str(tmp_path / "edf" / "5001.edf")) as reader:
        assert reader.getNSamples()[0] == 300
    assert run("export", "fhir", tmp_path / "fhir")[0] == 0
    assert len((tmp_path / "fhir" / "Observation.ndjson").read_text().splitlines()) == 300

    assert run("export", "readings", tmp_path / "strangers.csv", "--pseudonyms")[0] == 0
    assert run("export", "stays", tmp_path / "strange_stays.csv", "--pseudonyms")[0] == 0
    strangers, stays = (pl.read_csv(tmp_path / name) for name in ("strangers.csv", "strange_stays.csv"))
    assert set(strangers["mrn"]) == set(stays["mrn"])
    assert "5001" not in (tmp_path / "strangers.csv").read_text()
    assert strangers["room"].null_count() == 300
    key = tmp_path / "data" / "secrets" / "pseudonym-key"
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("export", "readings", "x.xlsx"), 2, ".csv or .parquet"),
        (("export", "readings", "x.csv", "--mrn", "nobody"), 1, "no reading of that patient"),
        (("export", "readings", "x.csv", "--from", "yesterday"), 2, "2026-01-10T22:00"),
        (("export", "readings", "x.csv", "--from", "2026-01-11", "--to", "2026-01-10"), 1, "ends before it begins"),
        (("export", "readings", "nowhere/x.csv"), 1, "cannot be written"),
    ],
)
def test_an_export_that_cannot_be_says_why(run: Run, tmp_path: Path, arguments: tuple, code: int, told: str) -> None:
    """One clear sentence, an exit code, and no file left behind."""
    command, what, file, *rest = arguments
    found, _, err = run(command, what, tmp_path / file, *rest)
    assert (found, told in err) == (code, True), err
    assert not [path for path in tmp_path.iterdir() if path.name != "data"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "night", "--mrn", "5001", "--night", "2026-01-10", "--pdf", "/dev/full"),
        ("report", "night", "--mrn", "5001", "--night", "2026-01-10", "--html", "/dev/full"),
        ("ask", "breath_rate", "-p", "mrn=5001", "-p", "night=2026-01-10", "--parquet", "/dev/full"),
    ],
)
def test_a_full_disk_is_told(run: Run, arguments: tuple) -> None:
    """One clear sentence, and no trace of a program."""
    code, _, err = run(*arguments)
    assert (code, "/dev/full cannot be written: No space left on device" in err) == (1, True), err


def test_a_folder_that_cannot_be_made_is_told(run: Run, tmp_path: Path) -> None:
    """One clear sentence where a file is in the way."""
    (tmp_path / "taken").write_text("")
    code, _, err = run("export", "fhir", tmp_path / "taken" / "folder")
    assert (code, f"{tmp_path / 'taken' / 'folder'} cannot be used: Not a directory" in err) == (1, True), err


def test_a_file_comes_in_dry_then_whole_then_not_again(run: Run, ward: ingest.Ward, tmp_path: Path) -> None:
    """A dry run sends nothing and names the row that would be refused; the real run takes the rest once."""
    file = tmp_path / "more.csv"
    file.write_text(
        "when,room,mrn,spo2,comment\n"
        "2026-02-01 22:00:00,201,6001,95,fine\n"
        "2026-02-01 22:01:00,201,6001,950,too much\n"
        "2026-02-01 22:02:00,201,6001,94,fine\n"
    )
    given = (file, "--timezone", "Europe/Vienna", "--column", "when=time", "--column", "comment=-")
    code, out, _ = run("import", "readings", *given, "--dry-run")
    assert (code, "2 would be accepted" in out, "line 3" in out) == (1, True, True)
    assert run("stays", "--mrn", 6001)[0] == 1
    code, out, _ = run("import", "readings", *given)
    assert (code, "2 accepted, 0 known, 1 refused" in out) == (1, True)
    code, out, _ = run("import", "readings", *given)
    assert "0 accepted, 2 known, 1 refused" in out
    assert "2026-02-01 21:00:00Z" in run("stays", "--mrn", 6001)[1]
    assert run("import", "readings", file)[0] == 1
    assert run("import", "readings", *given, "--token", ward.tokens["clinician"])[0] == 4
    assert run("import", "readings", *given, "--token", "wrong")[0] == 4


def test_stays_and_the_tutorials_database_come_in(run: Run, tmp_path: Path) -> None:
    """Stays by hand are made once; a patient of the tutorial's database lies in the room it names."""
    stays = tmp_path / "stays.csv"
    stays.write_text("room,mrn,from,to\n301,7001,2026-03-01T20:00:00Z,2026-03-02T06:00:00Z\n")
    assert "1 stays made, 0 known" in run("import", "stays", stays)[1]
    assert "0 stays made, 1 known" in run("import", "stays", stays)[1]
    database = sqlite3.connect(tmp_path / "patients.db")
    database.execute("CREATE TABLE patients (patient_mrn, room_number, patient_name, CPAP_pressure, timestamps)")
    row = (8001, 401, "Bo Lind", "[8.5, 9]", '["2026-03-01 23:00:00", "2026-03-01 23:01:00"]')
    database.execute("INSERT INTO patients VALUES (?,?,?,?,?)", row)
    database.commit()
    database.close()
    code, out, _ = run("import", "legacy", tmp_path / "patients.db", "--timezone", "Europe/Vienna", "--json")
    assert (code, json.loads(out)["accepted"]) == (0, 2)
    assert "Bo Lind" in run("rooms", 401)[1]


def test_an_export_of_stays_is_whole(run: Run, ward: ingest.Ward, tmp_path: Path) -> None:
    """A room with more stays than one answer of the API holds goes out with all of them, once each, oldest first."""
    begin = datetime(2026, 2, 1, tzinfo=UTC)
    count = 10_003
    readings = [
        {"room": "busy", "mrn": f"P{i % 2}", "time": (begin + timedelta(minutes=i)).isoformat(), "spo2": 95.0}
        for i in range(count)
    ]
    for part in (readings[:10_000], readings[10_000:]):
        assert ward.read(part).json()["rejected"] == 0
    expected = [(f"P{i % 2}", begin + timedelta(minutes=i)) for i in range(count)]
    page = ward.call("GET", "/v1/rooms/busy/stays", role="clinician")
    assert len(page.json()["stays"]) == 10_000
    assert page.links["next"]["url"].startswith("?before=")
    code, out, _ = run("stays", "--room", "busy", "--json")
    told = [(stay["mrn"], datetime.fromisoformat(stay["from"])) for stay in json.loads(out)["stays"]]
    assert (code, told) == (0, expected)
    file = tmp_path / "stays.parquet"
    assert run("export", "stays", file)[0] == 0
    assert pl.read_parquet(file).filter(room="busy").select("mrn", "from").rows() == expected
    answer = ward.call("GET", "/v1/rooms/busy/stays?before=yesterday", role="clinician")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "before")
