"""The audit log: lines that are only added, each bound to the one before; and what the API writes into it."""

import base64
import fcntl
import hashlib
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ingest.audit import FIRST, Audit, BrokenChainError, audit_file, entries, files_of, hash_of, verify

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of five entries, written by two processes one after the other."""
    path = tmp_path / "ward" / "audit.jsonl"
    Audit(path).add({"who": "a", "what": "view", "patient": str(n)} for n in range(3))
    Audit(path).add({"who": "b", "what": "view", "patient": str(n)} for n in range(2))
    return path


def test_a_log_that_nobody_touched_is_whole(log: Path) -> None:
    """All five lines verify, across a restart, and a log that is not there has none."""
    assert verify(log).lines == 5
    assert verify(log.parent.with_name("none") / log.name).lines == 0
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("line", range(5))
def test_a_changed_line_is_found(log: Path, line: int) -> None:
    """Another word in a line is found at that line, also with its own hash made to fit, unless it is the last."""
    lines = log.read_text().splitlines()
    changed = json.loads(lines[line]) | {"who": "nobody"}
    for entry, told in ((changed, line + 1), (changed | {"hash": hash_of(changed)}, line + 2)):
        forged = [*lines[:line], json.dumps(entry, separators=(",", ":")), *lines[line + 1 :]]
        log.write_text("\n".join(forged) + "\n")
        if told <= 5:
            with pytest.raises(BrokenChainError) as raised:
                verify(log)
            assert raised.value.line == told


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('"who":"a"', '"who":"nobody","who":"a"'),  # a reader that takes the first of two sees another
        ('"who":"a"', '"who": "a"'),
        ('"who":"a"', '"who":"\\u0061"'),
        ('"seq":1', '"seq":1.0'),
    ],
)
def test_a_line_that_says_the_same_otherwise_is_found(log: Path, written: str, instead: str) -> None:
    """The bytes of a line count, not only what one reader of JSON makes of them."""
    log.write_text(log.read_text().replace(written, instead, 1))
    with pytest.raises(BrokenChainError, match="was changed") as raised:
        verify(log)
    assert raised.value.line == 1


@pytest.mark.parametrize(
    "forged",
    [{"seq": True}, {"seq": 1.0}, {"seq": [1]}, {"seq": None}, {"seq": 1, "what": "dropped", "through": [0]}],
    ids=repr,
)
def test_a_log_of_other_things_is_no_fault(tmp_path: Path, forged: dict[str, Any]) -> None:
    """Whoever can write the file can make hashes that fit: what is no entry is told as a break, or is no matter."""
    entry = forged | {"previous": FIRST}
    log = tmp_path / "audit.jsonl"
    log.write_text(json.dumps(entry | {"hash": hash_of(entry)}, separators=(",", ":")) + "\n")
    if forged["seq"] == 1 and type(forged["seq"]) is int:
        assert verify(log).lines == 1
    else:
        with pytest.raises(BrokenChainError):
            verify(log)


def test_a_line_without_its_end_is_found(log: Path) -> None:
    """What adds to the log next would take it out, as half of a line."""
    log.write_bytes(log.read_bytes()[:-1])
    with pytest.raises(BrokenChainError, match="is not finished") as raised:
        verify(log)
    assert raised.value.line == 5


def test_a_line_that_is_gone_or_moved_is_found(log: Path) -> None:
    """Taking a line out, or two in another order, breaks the chain there."""
    lines = log.read_text().splitlines()
    for forged, told in (([*lines[:2], *lines[3:]], 3), ([lines[0], lines[2], lines[1], *lines[3:]], 2)):
        log.write_text("\n".join(forged) + "\n")
        with pytest.raises(BrokenChainError) as raised:
            verify(log)
        assert raised.value.line == told


def test_a_line_that_a_crash_cut_is_no_break(log: Path) -> None:
    """Half a line told nobody anything: the next start takes it out and goes on."""
    whole = log.read_bytes()
    log.write_bytes(whole + whole[:40])
    Audit(log).add([{"who": "c", "what": "login"}])
    assert verify(log).lines == 6


def test_an_end_that_was_cut_off_is_found_by_a_head_that_was_kept(log: Path) -> None:
    """A chain alone cannot show that its last lines are gone, or that all was written anew; a known line can."""
    known = verify(log)
    Audit(log).add([{"who": "c", "what": "login"}])
    assert verify(log, (known.last, known.head)).lines == 6
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:3]))
    assert verify(log).lines == 3
    with pytest.raises(BrokenChainError, match="its end is gone"):
        verify(log, (known.last, known.head))
    log.unlink()
    Audit(log).add({"who": "forged", "what": "view"} for _ in range(9))
    assert verify(log).lines == 9
    with pytest.raises(BrokenChainError, match="another than the one that was known"):
        verify(log, (known.last, known.head))


def small(log: Path) -> Audit:
    """A log whose files hold some lines, and which keeps three that were put aside."""
    return Audit(log, file_bytes=1000, most_files=3)


def test_a_long_log_is_bounded_and_its_chain_goes_on(tmp_path: Path) -> None:
    """Files are put aside and the oldest go; the chain has a beginning that can be checked, across restarts."""
    log = tmp_path / "audit.jsonl"
    for number in range(60):
        small(log).add([{"who": "a", "what": "view", "patient": str(number)}])
    files = files_of(log)
    assert len(files) == 4
    assert all(file.stat().st_size < 2000 for file in files)
    chain = verify(log)
    assert 1 < chain.first < chain.last
    assert chain.lines == chain.last - chain.first + 1
    assert [entry["seq"] for entry in entries(log)] == list(range(chain.first, chain.last + 1))
    assert any(entry["what"] == "dropped" and entry["through"] == chain.first - 1 for entry in entries(log))


def test_a_file_that_somebody_took_away_is_found(tmp_path: Path) -> None:
    """Without the line that tells which lines went, a log that begins later is no whole one; nor is one with a gap."""
    log = tmp_path / "audit.jsonl"
    audit = small(log)
    for number in range(60):
        audit.add([{"who": "a", "what": "view", "patient": str(number)}])
    oldest, second, *_ = files_of(log)
    kept = second.read_bytes()
    second.unlink()
    with pytest.raises(BrokenChainError, match="does not follow"):
        verify(log)
    second.write_bytes(kept)
    verify(log)
    oldest.unlink()
    with pytest.raises(BrokenChainError, match="nothing says what went before"):
        verify(log)


ADD_MANY = """
import sys
from pathlib import Path
from ingest.audit import Audit
audit = Audit(Path(sys.argv[1]), file_bytes=4000, most_files=50)
for number in range(60):
    audit.add([{"who": sys.argv[2], "what": "view", "number": number}])
"""


def test_processes_that_add_at_once_make_one_chain(tmp_path: Path) -> None:
    """The API's process and the page's add to one log: nothing is lost, and the chain is whole."""
    log = tmp_path / "audit.jsonl"
    processes = [subprocess.Popen([sys.executable, "-c", ADD_MANY, str(log), who]) for who in ("api", "page")]
    assert [process.wait() for process in processes] == [0, 0]
    assert verify(log).lines == 120
    for who in ("api", "page"):
        assert [entry["number"] for entry in entries(log) if entry["who"] == who] == list(range(60))


def test_a_long_value_cannot_break_the_log(log: Path) -> None:
    """Whatever comes from outside is cut: a line stays short enough to be read back."""
    Audit(log).add([{"who": "x" * 1_000_000, "what": "view\n{}"}])
    Audit(log).add([{"who": "b", "what": "view"}])
    assert verify(log).lines == 7


def told(ward: Any) -> list[dict[str, Any]]:
    """What the log of a server says since its tokens were made, without what every line has."""
    of_the_chain = ("seq", "time", "previous", "hash", "token")
    shown = [
        {name: value for name, value in entry.items() if name not in of_the_chain}
        for entry in entries(audit_file(ward.settings.data))
    ]
    return list(itertools.dropwhile(lambda entry: entry["what"] == "token-create", shown))


def test_every_change_by_hand_is_written_down(ward: Any) -> None:
    """Admissions, transfers, discharges, tokens and forgetting: who, what, which patient, in order; no MRN, no name."""
    who, admin, patient = "test-clinician", "admin", ward.service.pseudonym("audit-5001")
    body = {"mrn": "audit-5001", "name": "Marked Name"}
    assert ward.call("POST", "/v1/rooms/1/admit", body, role="clinician").status_code == 201
    assert ward.call("POST", "/v1/rooms/1/transfer", {"mrn": "audit-5001", "to": "2"}, role="clinician").ok
    assert ward.call("POST", "/v1/rooms/2/discharge", role="clinician").ok
    made = ward.call("POST", "/v1/tokens", {"role": "monitor", "name": "cpap-9"}, role="admin").json()
    assert ward.call("DELETE", f"/v1/tokens/{made['id']}", role="admin").ok
    assert ward.call("DELETE", "/v1/patients/audit-5001", role="admin").ok
    changes = told(ward)
    assert changes[:3] == [
        {"who": who, "what": "admit", "patient": patient, "room": "1"},
        {"who": who, "what": "transfer", "patient": patient, "room": "1", "to": "2"},
        {"who": who, "what": "discharge", "patient": patient, "room": "2"},
    ]
    token = changes[3].pop("made")
    assert len(token) == 16
    assert changes[3:] == [
        {"who": admin, "what": "token-create", "id": made["id"], "role": "monitor", "name": "cpap-9"},
        {"who": admin, "what": "token-revoke", "id": made["id"]},
        {"who": admin, "what": "forget", "patient": patient},
    ]
    text = audit_file(ward.settings.data).read_text()
    assert "audit-5001" not in text
    assert "Marked" not in text
    assert made["token"] not in text


def test_a_change_that_is_refused_is_none(ward: Any) -> None:
    """What was refused changed nothing, and is not in the log."""
    assert ward.call("POST", "/v1/rooms/1/admit", {"mrn": 1}, role="clinician").status_code == 201
    before = told(ward)
    assert ward.call("POST", "/v1/rooms/1/admit", {"mrn": 2}, role="clinician").status_code == 409
    assert ward.call("POST", "/v1/rooms/1/admit", {"mrn": 2}, role="monitor").status_code == 403
    assert ward.call("DELETE", "/v1/tokens/none", role="admin").status_code == 404
    assert told(ward) == before


def test_every_view_is_written_down_once_an_hour(ward: Any) -> None:
    """Whoever reads a name, an MRN, a stay or an image by the API stands in the log; asking again adds nothing.

    No cache keeps it, which would show it later without a line and without a token.
    """
    image = base64.b64encode(PNG + b"seen").decode()
    ward.read({"room": 1, "mrn": "audit-5001", "name": "Marked Name", "flow_image": image})
    sha256 = hashlib.sha256(PNG + b"seen").hexdigest()
    seen = ("rooms", "rooms/1", "rooms/1/stays", "patients/audit-5001", "patients/audit-5001/stays", f"images/{sha256}")
    for path in (*seen, *seen):
        answer = ward.call("GET", f"/v1/{path}", role="clinician")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), path
    assert ward.call("GET", "/v1/quarantine", role="admin").status_code == 200
    patient = ward.service.pseudonym("audit-5001")
    by = {"who": "test-clinician", "what": "view"}
    assert told(ward) == [
        {**by, "view": "rooms"},
        {**by, "view": "room", "patient": patient, "room": "1"},
        {**by, "view": "stays of a room", "room": "1"},
        {**by, "view": "patient", "patient": patient},
        {**by, "view": "stays of a patient", "patient": patient},
        {**by, "view": "image", "image": sha256[:16]},
        {"who": "admin", "what": "view", "view": "quarantine"},
    ]


def test_what_cannot_be_written_down_is_not_done(ward: Any) -> None:
    """With a log that takes no line nothing is shown and nobody is moved: 503; readings are kept all the while."""
    assert ward.call("POST", "/v1/rooms/1/admit", {"mrn": 1}, role="clinician").status_code == 201
    log = audit_file(ward.settings.data)
    whole = log.read_bytes()
    log.unlink()
    log.mkdir()
    for method, path in (("GET", "/v1/rooms/1"), ("POST", "/v1/rooms/1/discharge"), ("DELETE", "/v1/patients/1")):
        refused = ward.call(method, path, role="admin")
        assert (refused.status_code, refused.json()["type"]) == (503, "audit-full"), path
        assert refused.headers["Retry-After"]
    assert ward.read({"room": 1, "mrn": 1, "spo2": 95}).status_code == 201
    log.rmdir()
    log.write_bytes(whole)
    assert ward.get("/v1/rooms/1")["mrn"] == "1"
    assert verify(log).lines


def test_a_process_that_holds_the_log_stops_nobody_for_long(ward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process does not let go of the lock, changes are refused after a while; readings go on."""
    monkeypatch.setattr("ingest.audit.LOCK_WITHIN_S", 0.1)
    lock = audit_file(ward.settings.data).with_suffix(".lock")
    with lock.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert ward.call("POST", "/v1/rooms/1/admit", {"mrn": 1}, role="clinician").status_code == 503
        assert ward.read({"room": 1, "mrn": 2, "spo2": 95}).status_code == 201
    assert ward.call("POST", "/v1/rooms/3/admit", {"mrn": 1}, role="clinician").status_code == 201
