"""A session of the page ends with the token that it was begun with, and tells the audit log whence it was used."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from ingest.audit import Audit, audit_file
from tests.chaos.proxy import Proxy
from tests.influx_servers import free_port
from tests.security.conftest import ADMIN, MARKED, Doors
from ward import WardSettings, close_app, create_app

MARK = {"X-Bedside-Ward": "1"}
NAMES = ("POST", "/ward/api/names", {"view": "bedside-room", "mrns": [MARKED["mrn"]]})
SHOWN = (
    ("GET", "/ward/api/session", None),
    ("GET", "/ward/api/rooms", None),
    ("GET", "/ward/api/dashboards", None),
    ("GET", "/ward/api/alerts", None),
    ("POST", "/ward/api/query", {"dashboard": "bedside-ward", "panel": 2, "from": 0, "to": 1, "variables": {}}),
    NAMES,
)


def token(doors: Doors, **more: Any) -> dict[str, Any]:
    """A new clinician's token: `id`, `token`."""
    body = {"role": "clinician", "name": "one whose session ends", **more}
    return doors.call("POST", "/v1/tokens", ADMIN, json=body).json()


def begin(doors: Doors, given: str, page: str = "") -> Any:
    """The cookie of a session on the page at that address."""
    body = {"token": given, "who": "stays on"}
    answer = doors.call("POST", f"{page}/ward/api/session", headers=MARK, json=body)
    assert answer.status_code == 200, answer.text
    return answer.cookies


def see(doors: Doors, cookies: Any, asked: tuple[str, str, Any], page: str = "") -> requests.Response:
    """One call of the page."""
    method, path, body = asked
    return doors.call(method, page + path, headers=MARK, cookies=cookies, json=body)


def good_no_more(doors: Doors, how: str) -> tuple[str, Any]:
    """A clinician's token, and what makes it end: called, it comes back when the API takes the token no more."""
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))
    made = token(doors, **({"expires_at": soon} if how == "expires" else {}))

    def end() -> None:
        if how == "is revoked":
            assert doors.call("DELETE", f"/v1/tokens/{made['id']}", ADMIN).status_code == 204
        while doors.call("GET", "/v1/rooms", made["token"]).status_code == 200:
            time.sleep(0.05)

    return made["token"], end


HOW = ("is revoked", "expires")


@pytest.mark.parametrize("how", HOW)
def test_no_name_is_shown_after_the_token_has_ended(doors: Doors, how: str) -> None:
    """The first name that is asked for afterwards is refused, and with it the session is over for everything."""
    given, end = good_no_more(doors, how)
    cookies, others = begin(doors, given), begin(doors, doors.tokens["clinician"])
    assert see(doors, cookies, NAMES).json()["names"] == {MARKED["mrn"]: MARKED["name"]}
    end()
    for asked in (NAMES, *SHOWN):
        answer = see(doors, cookies, asked)
        assert (answer.status_code, answer.json().get("type")) == (401, "logged-out"), asked
        assert MARKED["name"] not in answer.text
    assert see(doors, others, NAMES).status_code == 200


@contextmanager
def page_that_asks_each_time(doors: Doors, folder: Path, **told: Any) -> Iterator[str]:
    """Another ward page of the same API, which believes the API's word on a token for no time."""
    given = {"api_url": doors.url, "influx_url": doors.influx_url, "check_token_s": 0.0, **told}
    settings = WardSettings(data=folder, **given)
    app = create_app(settings, Audit(audit_file(folder)))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
        close_app(app)


@pytest.mark.parametrize("how", HOW)
def test_a_session_ends_with_its_token(doors: Doors, tmp_path: Path, how: str) -> None:
    """Who asks for no name is out as well when the page has asked the API again, and stays out, cookie or not."""
    with page_that_asks_each_time(doors, tmp_path) as page:
        given, end = good_no_more(doors, how)
        cookies, others = begin(doors, given, page), begin(doors, doors.tokens["clinician"], page)
        assert see(doors, cookies, SHOWN[2], page).status_code == 200
        end()
        for asked in SHOWN[2:]:
            answer = see(doors, cookies, asked, page)
            assert (answer.status_code, answer.json().get("type")) == (401, "logged-out"), asked
        assert see(doors, others, SHOWN[2], page).status_code == 200


def test_an_address_in_the_audit_log_is_the_proxys_word(doors: Doors, tmp_path: Path) -> None:
    """What a client says of its own address stands before what the proxy adds, and is not written down."""
    method, path, body = NAMES
    headers = {**MARK, "X-Forwarded-For": "made-up" * 500 + ", 192.0.2.7"}
    with page_that_asks_each_time(doors, tmp_path) as page:
        cookies = begin(doors, doors.tokens["clinician"], page)
        assert doors.call(method, page + path, headers=headers, cookies=cookies, json=body).status_code == 200
    lines = [json.loads(line) for line in audit_file(tmp_path).read_text().splitlines()]
    assert [line["address"] for line in lines if line["what"] == "view"] == ["192.0.2.7"]


@contextmanager
def no_line_can_be_written(folder: Path) -> Iterator[None]:
    """Something stands where the audit log should be, while the `with` lasts."""
    log = audit_file(folder)
    aside = log.rename(log.with_name("aside"))
    log.mkdir()
    try:
        yield
    finally:
        log.rmdir()
        aside.rename(log)


def test_nobody_is_in_whose_login_is_not_written_down(doors: Doors, tmp_path: Path) -> None:
    """A login that the audit log cannot take begins no session: it takes nobody's place where there are many."""
    body = {"token": doors.tokens["clinician"], "who": "comes in unseen"}
    with page_that_asks_each_time(doors, tmp_path, most_sessions=1) as page:
        cookies = begin(doors, doors.tokens["clinician"], page)
        with no_line_can_be_written(tmp_path):
            refused = doors.call("POST", f"{page}/ward/api/session", headers=MARK, json=body)
            assert (refused.status_code, refused.json()["type"]) == (503, "audit-full")
            assert "Set-Cookie" not in refused.headers
        assert see(doors, cookies, SHOWN[2], page).status_code == 200


@pytest.mark.parametrize("what", ["the audit log", "the API"])
def test_whoever_logs_out_is_out(doors: Doors, tmp_path: Path, what: str) -> None:
    """A session ends when its owner says so, though the log cannot be written or the API cannot be asked."""
    proxy = Proxy(free_port(), doors.up.port)
    proxy.start()
    try:
        with page_that_asks_each_time(doors, tmp_path, api_url=f"http://127.0.0.1:{proxy.port}") as page:
            cookies = begin(doors, doors.tokens["clinician"], page)
            with no_line_can_be_written(tmp_path) if what == "the audit log" else proxy.refusing():
                answer = see(doors, cookies, ("DELETE", "/ward/api/session", None), page)
                assert answer.status_code == 200, answer.text
                assert "Max-Age=0" in answer.headers["Set-Cookie"]
            for asked in SHOWN:
                assert see(doors, cookies, asked, page).status_code == 401, asked
    finally:
        proxy.stop()
    told = [json.loads(line)["what"] for line in audit_file(tmp_path).read_text().splitlines()]
    assert told == (["login"] if what == "the audit log" else ["login", "logout"])
