"""The ward server's calls, over the whole pipeline: who gets in, what is refused, and what is written down."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from ingest import audit
from tests.ward.conftest import Client, Stack, until

DAY_MS = 86_400_000


def asked(stack: Stack, **changes: Any) -> dict[str, Any]:
    """A panel's question that is right, with changes."""
    now = stack.story.now_ms
    question = {"dashboard": "bedside-ward", "panel": 2, "from": now - DAY_MS, "to": now, "variables": {}}
    return {**question, **changes}


def test_the_page_is_on_the_apis_port(stack: Stack) -> None:
    """The bare address leads to the page; what the API answers is answered by the API."""
    first = requests.get(f"{stack.url}/", allow_redirects=False)
    assert (first.status_code, first.headers["Location"]) == (302, "/ward/")
    page = requests.get(f"{stack.url}/ward/")
    assert "<title>Bedside</title>" in page.text
    assert requests.get(f"{stack.url}/healthz").json() == {"status": "ok"}


def test_nothing_from_elsewhere_can_run(stack: Stack) -> None:
    """Scripts, styles and calls come from this server alone, nothing is inline, and no page frames this one."""
    for path in ("/ward/", "/ward/api/session", "/ward/nothing"):
        policy = requests.get(stack.url + path).headers["Content-Security-Policy"]
        rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert rules["default-src"] == rules["frame-ancestors"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    html = requests.get(f"{stack.url}/ward/").text
    assert not re.search(r"(src|href)=\"(https?:)?//", html)
    assert not re.search(r"<script>|<style|\son\w+=|\sstyle=", html)


def test_no_file_outside_the_page_is_served(stack: Stack) -> None:
    """A path that climbs out of the folder is not there."""
    for path in ("/ward/static/../app.py", "/ward/static/%2e%2e/app.py", "/ward/static//etc/passwd", "/ward/static/js"):
        answer = requests.Session().send(_as_written(stack.url + path))
        assert answer.status_code == 404, path


def _as_written(url: str) -> requests.PreparedRequest:
    """A request whose path is sent as it is: requests would tidy it up."""
    prepared = requests.Request("GET", url).prepare()
    prepared.url = url
    return prepared


def test_the_cookie_is_out_of_reach(stack: Stack) -> None:
    """The session's cookie is for this server and no script, and ends."""
    told = Client(stack).log_in().headers["Set-Cookie"]
    assert "HttpOnly" in told
    assert "SameSite=Strict" in told
    assert "Path=/ward" in told
    assert re.search(r"Max-Age=\d+", told)
    assert "Secure" in Client(stack).http.post(
        f"{stack.url}/ward/api/session",
        json={"token": stack.clinician, "who": "x"},
        headers={"X-Forwarded-Proto": "https", "X-Bedside-Ward": "1"},
    ).headers["Set-Cookie"]  # fmt: skip


@pytest.mark.parametrize("path", ["dashboards", "dashboards/bedside-ward", "rooms", "alerts", "images/" + "0" * 64])
def test_nothing_is_shown_to_nobody(stack: Stack, path: str) -> None:
    """Without a session every call is 401."""
    assert Client(stack).get(path).status_code == 401


@pytest.mark.parametrize("path", ["query", "annotations", "variable", "names", "alerts/silences"])
def test_nothing_is_answered_to_nobody(stack: Stack, path: str) -> None:
    """Without a session no question is answered."""
    assert Client(stack).post(path, asked(stack)).status_code == 401


def test_another_sites_form_is_refused(client: Client, stack: Stack) -> None:
    """What a page elsewhere could send is refused, cookie or not: it lacks our header, or names another origin."""
    body = asked(stack)
    assert client.post("query", body).status_code == 200
    plain = requests.post(client.base + "query", json=body, cookies=client.http.cookies)
    assert plain.status_code == 403
    assert client.post("query", body, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert client.post("query", body, headers={"Origin": stack.url}).status_code == 200


def test_a_logout_ends_the_session(client: Client) -> None:
    """After the logout the same cookie is worth nothing."""
    cookies = client.http.cookies.copy()
    assert client.http.delete(client.base + "session").status_code == 200
    assert requests.get(client.base + "dashboards", cookies=cookies).status_code == 401


def test_the_page_sends_no_flux(client: Client, stack: Stack) -> None:
    """A question is named by dashboard and panel; text that looks like Flux is a value and nothing else."""
    evil = '102") |> yield() from(bucket: "telemetry") //'
    answer = client.post("query", asked(stack, variables={"room": evil}, query="buckets()"))
    assert answer.status_code == 200
    for name, panel in (("bedside-room", 1), ("bedside-patient-night", 2)):
        values = {"room": evil, "mrn": '"}\n' + evil, "night": "${v}"}
        hurt = client.post("query", asked(stack, dashboard=name, panel=panel, variables=values))
        assert hurt.status_code == 200, hurt.text
        assert all(not table["columns"].get("_value") for one in hurt.json()["answers"] for table in one["tables"])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"dashboard": "no"}, 404),
        ({"panel": 999}, 404),
        ({"panel": "2"}, 422),
        ({"from": True}, 422),
        ({"from": 5, "to": 5}, 422),
        ({"from": 0, "to": 4_000_000_000_000}, 422),
        ({"points": 10**9}, 422),
        ({"variables": ["x"]}, 422),
        ({"variables": {"room": ["1"] * 501}}, 422),
        ({"variables": {"room": "x" * 201}}, 422),
        ({"variables": {"room": {"a": 1}}}, 422),
    ],
)
def test_limits_are_named(client: Client, stack: Stack, changes: dict[str, Any], status: int) -> None:
    """A question beyond the limits is refused with a sentence and a problem document."""
    answer = client.post("query", asked(stack, **changes))
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'"x"'])
def test_a_body_that_is_no_object_is_told(client: Client, body: bytes) -> None:
    """400 and a sentence, whatever came."""
    headers = {"Content-Type": "application/json"}
    assert client.http.post(client.base + "query", data=body, headers=headers).status_code == 400


def test_a_room_list_names_nobody(client: Client) -> None:
    """The list of rooms, which every view loads, has neither a name nor an MRN."""
    told = client.get("rooms").text
    assert '"room":"101"' in told
    assert "Ada" not in told
    assert "5001" not in told


def test_every_view_of_a_name_is_written_down(stack: Stack) -> None:
    """Who saw which patient in which view is in the log, once an hour, chained; neither name nor MRN is."""
    client = Client(stack)
    client.log_in("Nurse Audit")
    for _ in range(2):
        found = client.post("names", {"view": "bedside-room", "mrns": ["5003", "5004", "nobody"]}).json()
        assert found["names"] == {"5003": "Cleo Lund", "5004": "Dina Okoye"}
    client.post("names", {"view": "bedside-trends", "mrns": ["5003"]})
    log = stack.up.data / "ward" / "audit.jsonl"
    assert audit.verify(log).lines > 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    mine = [line for line in lines if line["who"] == "Nurse Audit"]
    assert [line["what"] for line in mine] == ["login", "view", "view", "view"]
    assert {line["address"] for line in mine if line["what"] == "view"} == {"127.0.0.1"}
    assert mine[1]["patient"] == mine[3]["patient"] != mine[2]["patient"]
    text = log.read_text()
    assert "Cleo" not in text
    assert "5003" not in {value for line in lines for value in line.values()}


def test_the_parts_logs_hold_no_name_and_no_mrn(client: Client, stack: Stack) -> None:
    """After names were asked for, no log of any part holds one, nor the MRN, nor a token."""
    client.post("names", {"view": "bedside-room", "mrns": ["5003"]})
    client.get("images/" + "0" * 64)
    client.post("query", asked(stack, dashboard="bedside-patient-night", panel=2, variables={"mrn": "5003"}))
    for log in (stack.up.data / "logs").iterdir():
        text = log.read_text()
        assert "Cleo" not in text, log
        assert not re.search(r"\b5003\b", text), log
        assert stack.clinician not in text, log


BROKEN = (
    b'{"view": "v", "mrns": ["\\ud800"]}', b'{"view": "v", "mrns": ["a"], "\\udc00": 1}',
    b'{"for_s": NaN}', b'{"for_s": Infinity}', b'{"view": "\xed\xa0\x80"}', b"[" * 100_000, b'{"a": "\xff"}',
    b"[]", b"",
)  # fmt: skip


@pytest.mark.parametrize("sent", BROKEN)
def test_what_is_no_json_is_refused(client: Client, sent: bytes) -> None:
    """Escapes that are no characters, numbers that are none, and what is no object: 400 at every call with a body."""
    for path in ("session", "names", "query", "annotations", "variable", "alerts/silences"):
        answer = client.http.post(client.base + path, data=sent, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["type"]) == (400, "malformed-body"), path


@contextmanager
def no_line_can_be_written(log: Path) -> Iterator[None]:
    """Something stands where the audit log should be, while the `with` lasts."""
    aside = log.rename(log.with_name("aside"))
    log.mkdir()
    try:
        yield
    finally:
        log.rmdir()
        aside.rename(log)


def test_a_silence_has_an_end_and_a_name(client: Client, stack: Stack) -> None:
    """An alert is silenced for a while by somebody; for ever, for nothing, or an alert that is over is refused."""

    def apneas() -> list[dict[str, Any]]:
        found = client.get("alerts").json()["alerts"]
        return [one for one in found if one["labels"].get("room") == "104" and one["title"] == "Apneas"]

    until(apneas, "the alert of room 104")
    (alert,) = apneas()
    body = {"alert": alert["id"], "kind": "snooze", "for_s": 600, "comment": "seen"}
    for wrong in ({"for_s": None}, {"for_s": 10**9}, {"for_s": 0}, {"kind": "forever"}, {"comment": "x" * 500}):
        assert client.post("alerts/silences", {**body, **wrong}).status_code == 422
    assert client.post("alerts/silences", {**body, "alert": "over"}).status_code == 404
    made = client.post("alerts/silences", body)
    assert made.status_code == 201
    (silenced,) = apneas()
    log = stack.up.data / "ward" / "audit.jsonl"
    with no_line_can_be_written(log):  # nobody silences or lifts unseen
        refused = client.post("alerts/silences", {**body, "for_s": 900})
        assert (refused.status_code, refused.json()["type"]) == (503, "audit-full")
        assert client.http.delete(f"{client.base}alerts/silences/{made.json()['id']}").status_code == 503
    assert apneas()[0]["silence"] == silenced["silence"]
    assert isinstance(silenced["silence"], dict)
    assert silenced["silence"]["who"] == "Dr. Moss"
    assert silenced["silence"]["until_ms"] - silenced["silence"]["from_ms"] == 600_000
    assert client.http.delete(f"{client.base}alerts/silences/{made.json()['id']}").status_code == 200
    assert apneas()[0]["silence"] is None
    assert client.http.delete(f"{client.base}alerts/silences/{made.json()['id']}").status_code == 404


def test_readings_are_taken_while_the_page_asks_all_it_may(client: Client, stack: Stack) -> None:
    """With more questions under way than the page may ask at once, every reading of a monitor is acknowledged."""
    stop = threading.Event()

    def ask_on() -> None:
        while not stop.is_set():
            client.post("query", asked(stack, **{"from": stack.story.now_ms - 30 * DAY_MS}))

    threads = [threading.Thread(target=ask_on) for _ in range(12)]
    for thread in threads:
        thread.start()
    try:
        for number in range(20):
            # Of a patient of the story, an hour ago, between two readings: other tests count the rooms.
            hour_ago = time.gmtime(stack.story.now_ms / 1000 - 3600)
            at = f"{time.strftime('%Y-%m-%dT%H:%M:%S', hour_ago)}.{number + 1:03d}Z"
            reading = {"room": "102", "mrn": "5002", "time": at, "spo2": 95.0}
            answer = requests.post(
                f"{stack.url}/v1/readings", json=reading, headers={"Authorization": f"Bearer {stack.monitor}"}
            )
            assert answer.status_code == 201, answer.text
    finally:
        stop.set()
        for thread in threads:
            thread.join()
