"""Who gets through which door: every route of every server, with every kind of token, and with none that is good."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from influxlite.server.app import BLUEPRINTS as INFLUXLITE
from influxlite.server.app import OPEN as INFLUXLITE_OPEN
from tests.security.conftest import ADMIN, ROLES, Doors
from ward.app import BLUEPRINTS as WARD

OPEN, ANY = "open", "any role"
# What the contract says of each call. A route that is not here fails `test_the_table_has_every_route`.
API = {
    ("POST", "/v1/readings"): "monitor",
    ("POST", "/add_patient"): "monitor",
    ("GET", "/v1/rooms"): "clinician",
    ("GET", "/v1/rooms/{room}"): "clinician",
    ("GET", "/v1/rooms/{room}/stays"): "clinician",
    ("POST", "/v1/rooms/{room}/admit"): "clinician",
    ("POST", "/v1/rooms/{room}/discharge"): "clinician",
    ("POST", "/v1/rooms/{room}/transfer"): "clinician",
    ("GET", "/v1/patients/{mrn}"): "clinician",
    ("GET", "/v1/patients/{mrn}/stays"): "clinician",
    ("DELETE", "/v1/patients/{mrn}"): "admin",
    ("GET", "/v1/images/{sha256}"): "clinician",
    ("GET", "/v1/quarantine"): "admin",
    ("POST", "/v1/quarantine/{id}/retry"): "admin",
    ("GET", "/v1/tokens"): "admin",
    ("POST", "/v1/tokens"): "admin",
    ("DELETE", "/v1/tokens/{id}"): "admin",
    ("GET", "/metrics"): ANY,
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
}
SAMPLES = {"{room}": "no-room", "{mrn}": "no-patient", "{sha256}": "0" * 64, "{id}": "999999"}
BAD = {
    "no header": None,
    "an empty one": "",
    "no scheme": ADMIN,
    "the scheme alone": "Bearer",
    "the scheme and a blank": "Bearer ",
    "Basic": "Basic YWRtaW46YWRtaW4=",
    "InfluxDB's scheme": f"Token {ADMIN}",
    "an unknown token": "Bearer bedside_" + "A" * 43,
    "the token cut off": f"Bearer {ADMIN[:-1]}",
    "the token and more": f"Bearer {ADMIN}x",
    "two tokens": f"Bearer {ADMIN} {ADMIN}",
    "another case": f"Bearer {ADMIN.upper()}",
    "a token of 100,000 characters": "Bearer " + "A" * 100_000,
    "SQL": "Bearer ' OR '1'='1",
    "bytes that are no text": b"Bearer \xff\xfe",
}


def filled(path: str) -> str:
    """The path with something in each place that names nothing."""
    for place, sample in SAMPLES.items():
        path = path.replace(place, sample)
    return path


def test_the_table_has_every_route(doors: Doors) -> None:
    """Each operation of the OpenAPI document is in the table above, and no other: a new one must say who may call."""
    paths = doors.call("GET", "/openapi.json").json()["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == set(API)


@pytest.mark.parametrize("role", [*ROLES, "limited"])
@pytest.mark.parametrize(("method", "path"), API)
def test_a_role_may_what_the_contract_says(doors: Doors, role: str, method: str, path: str) -> None:
    """The role of a call and the admin get past its door; every other role is 403 and reads nothing."""
    needed = API[method, path]
    answer = doors.call(method, filled(path), doors.tokens[role])
    own = "monitor" if role == "limited" else role
    if needed in (OPEN, ANY, own) or own == "admin":
        assert answer.status_code not in (401, 403, 500), answer.text
    else:
        assert (answer.status_code, answer.json()["type"]) == (403, "wrong-role")
        assert set(answer.json()) == {"type", "title", "status", "detail", "errors"}


@pytest.mark.parametrize("what", [*BAD, "expired", "revoked"])
def test_what_is_no_good_token_opens_no_door(doors: Doors, what: str) -> None:
    """Every call but the open ones is 401, for whatever is no good token, and says how to authenticate."""
    header = f"Bearer {doors.tokens[what]}" if what in doors.tokens else BAD[what]
    headers: dict[str, Any] = {} if header is None else {"Authorization": header}
    for (method, path), needed in API.items():
        answer = doors.call(method, filled(path), headers=headers)
        if needed == OPEN:
            assert answer.status_code == 200, path
            continue
        assert answer.status_code == 401, (method, path, answer.status_code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert ADMIN not in answer.text


def test_a_token_for_some_rooms_opens_no_other(doors: Doors) -> None:
    """A monitor's token that is limited posts for its rooms alone: single, in a batch, by the tutorial's call."""
    token = doors.tokens["limited"]

    def reading(room: str, minute: int) -> dict[str, Any]:
        return {"room": room, "mrn": "limited-1", "time": f"2026-01-01T00:{minute:02d}:00Z", "spo2": 95.0}

    assert doors.call("POST", "/v1/readings", token, json=reading("room-a", 1)).status_code == 201
    refused = doors.call("POST", "/v1/readings", token, json=reading("room-b", 1))
    assert (refused.status_code, refused.json()["type"]) == (403, "room-not-allowed")
    mixed = [reading("room-b", 2), reading("room-a", 2), reading("room-b", 3)]
    batch = doors.call("POST", "/v1/readings", token, json=mixed).json()
    assert [one["status"] for one in batch["results"]] == ["rejected", "accepted", "rejected"]
    assert batch["results"][0]["problem"]["status"] == 403
    tutorial = dict.fromkeys(("patient_name", "CPAP_pressure", "breath_rate", "apnea_count", "flow_image"), "")
    body = {**tutorial, "patient_mrn": "9917", "room_number": "302"}
    assert doors.call("POST", "/add_patient", token, json=body).status_code == 403
    assert doors.call("GET", "/v1/patients/9917", ADMIN).status_code == 404


def rules(blueprints: Any) -> Iterator[tuple[str, str]]:
    """Every method and path of some blueprints, with something in each place."""
    app = Flask("rules", static_folder=None)
    for one in blueprints:
        app.register_blueprint(getattr(one, "blueprint", one))
    for rule in app.url_map.iter_rules():
        choices = re.search(r"<any\((.*?)\):\w+>", rule.rule)
        for choice in choices[1].split(", ") if choices else [""]:
            path = re.sub(r"<[^<>]*>", "0123456789abcdef", re.sub(r"<any\(.*?\):\w+>", choice, rule.rule))
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, path


PAGE_OPEN = {("GET", path) for path in ("/", "/ward", "/ward/", "/ward/healthz")}
PAGE = sorted(rules(WARD))
MARK = {"X-Bedside-Ward": "1"}


@pytest.mark.parametrize(("method", "path"), PAGE)
@pytest.mark.parametrize("cookie", ["none", "made up", "the token itself"])
def test_the_page_shows_nothing_to_nobody(doors: Doors, method: str, path: str, cookie: str) -> None:
    """Without a session every call of the page is 401, but for the page itself, which holds nothing of anybody."""
    cookies = {"made up": "A" * 43, "the token itself": doors.tokens["clinician"]}
    sent = {} if cookie == "none" else {"bedside_ward": cookies[cookie]}
    answer = doors.call(method, path, headers=MARK, cookies=sent, json={})
    if (method, path) in PAGE_OPEN or path.startswith("/ward/static/"):
        assert answer.status_code in (200, 302, 404)
    elif (method, path) == ("POST", "/ward/api/session"):
        assert answer.status_code == 422  # the login itself, without a name
    else:
        assert answer.status_code == 401, answer.text
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("who", [*ROLES, "limited", "expired", "revoked", "unknown"])
def test_only_clinicians_log_in(doors: Doors, who: str) -> None:
    """A clinician's token and the admin's begin a session; another role is 403, what is no good token 401."""
    body = {"token": doors.tokens.get(who, "unknown"), "who": "matrix"}
    answer = doors.call("POST", "/ward/api/session", headers=MARK, json=body)
    expected = {"clinician": 200, "admin": 200, "expired": 401, "revoked": 401, "unknown": 401}.get(who, 403)
    assert answer.status_code == expected, answer.text
    assert ("Set-Cookie" in answer.headers) == (expected == 200)


@pytest.mark.parametrize(("method", "path"), [one for one in PAGE if one[0] not in ("GET", "HEAD")])
def test_no_other_site_makes_a_browser_ask(doors: Doors, method: str, path: str) -> None:
    """CSRF: without the page's own header, or with another site's Origin, a session's cookie is worth nothing."""
    body = {"token": doors.tokens["clinician"], "who": "csrf"}
    session = doors.call("POST", "/ward/api/session", headers=MARK, json=body).cookies
    for headers in (
        {},
        {"X-Bedside-Ward": "0"},
        {**MARK, "Origin": "https://evil.example"},
        {**MARK, "Origin": "null"},
    ):
        answer = doors.call(method, path, headers=headers, cookies=session, json=body)
        assert (answer.status_code, answer.json()["type"]) == (403, "other-site"), (headers, answer.text)


LITE = sorted(set(rules(INFLUXLITE)))
READS = ("/api/v2/query", "/api/v2/signin", "/api/v2/signout", "/health", "/ping")


def lite(doors: Doors, token: str, method: str, path: str, **more: Any) -> Any:
    """A call of influxlite's API that would be a good one, as far as one body fits all."""
    org = {"org": "ward", "bucket": "telemetry", "orgID": _org(doors), "name": "x", "query": "buckets()"}
    headers = {"Authorization": f"Token {token}", **more.pop("headers", {})}
    return doors.call(method, doors.influx_url + path, params=org, json=org, headers=headers, **more)


def _org(doors: Doors) -> str:
    url = doors.influx_url + "/api/v2/orgs"
    return doors.call("GET", url, headers={"Authorization": f"Token {ADMIN}"}).json()["orgs"][0]["id"]


@pytest.fixture(scope="module")
def lite_tokens(doors: Doors) -> dict[str, str]:
    """Tokens of influxlite that may do little, nothing any more, or nothing yet."""
    org = _org(doors)
    bucket = doors.call(
        "GET", doors.influx_url + "/api/v2/buckets?name=telemetry", headers={"Authorization": f"Token {ADMIN}"}
    ).json()["buckets"][0]["id"]
    scope = {"type": "buckets", "id": bucket, "orgID": org}
    made = {"analyst": (doors.up.data / "secrets" / "analyst-token").read_text().strip()}
    for name, action, status in (("writer", "write", "active"), ("inactive", "read", "inactive"), ("gone", "read", "")):
        body = {"orgID": org, "status": status, "permissions": [{"action": action, "resource": scope}]}
        answer = doors.call(
            "POST",
            doors.influx_url + "/api/v2/authorizations",
            json=body,
            headers={"Authorization": f"Token {ADMIN}"},
        )
        assert answer.status_code == 201, answer.text
        made[name] = answer.json()["token"]
        if name == "gone":
            path = f"/api/v2/authorizations/{answer.json()['id']}"
            doors.call("DELETE", doors.influx_url + path, headers={"Authorization": f"Token {ADMIN}"})
    return made


@pytest.mark.parametrize(("method", "path"), [one for one in LITE if one[1].startswith("/api/")])
def test_influxlite_knows_its_callers(doors: Doors, lite_tokens: dict[str, str], method: str, path: str) -> None:
    """Every resource but the map and the sign-in is 401 without a good token; the ingest API's own are none."""
    if path in INFLUXLITE_OPEN:
        return
    for token in ("", "unknown", doors.tokens["monitor"], doors.tokens["clinician"], lite_tokens["gone"]):
        assert lite(doors, token, method, path).status_code == 401, token
    assert lite(doors, lite_tokens["inactive"], method, path).status_code != 204
    if method != "GET" and not path.startswith(READS):
        for name in ("analyst", "inactive"):
            answer = lite(doors, lite_tokens[name], method, path)
            assert 400 <= answer.status_code < 500, (name, answer.text)


@pytest.mark.parametrize("name", ["writer", "inactive"])
def test_a_token_that_may_not_read_reads_nothing(doors: Doors, lite_tokens: dict[str, str], name: str) -> None:
    """No list, no query and no description of anything tells a writer, or whose token is inactive, of a point."""
    headers = {"Authorization": f"Token {lite_tokens[name]}", "Content-Type": "application/vnd.flux"}
    for flux in ('from(bucket: "telemetry") |> range(start: 0)', "buckets()"):
        answer = doors.call("POST", doors.influx_url + "/api/v2/query?org=ward", data=flux, headers=headers)
        assert "301" not in answer.text
        assert "telemetry" not in answer.text.replace('\\"telemetry\\"', "").replace('"telemetry"', "") or (
            answer.status_code >= 400
        )
    for path in ("authorizations", "tasks", "labels"):
        answer = doors.call("GET", f"{doors.influx_url}/api/v2/{path}", headers=headers)
        assert answer.status_code in (200, 401, 403)
        if answer.status_code == 200:
            assert answer.json()[path] == []


def test_an_analyst_changes_nothing(doors: Doors, lite_tokens: dict[str, str]) -> None:
    """The token that may read writes no point, not even by a query."""
    token = lite_tokens["analyst"]
    params = {"org": "ward", "bucket": "telemetry"}
    headers = {"Authorization": f"Token {token}"}
    answer = doors.call("POST", doors.influx_url + "/api/v2/write", params=params, data="cpap x=1", headers=headers)
    assert answer.status_code == 403
    flux = 'import "array" array.from(rows: [{_time: now(), _measurement: "cpap", _field: "x", _value: 1.0}]) '
    flux += '|> to(bucket: "telemetry")'
    answer = doors.call(
        "POST",
        doors.influx_url + "/api/v2/query?org=ward",
        data=flux,
        headers={**headers, "Content-Type": "application/vnd.flux"},
    )
    seen = doors.call(
        "POST",
        doors.influx_url + "/api/v2/query?org=ward",
        data='from(bucket: "telemetry") |> range(start: 0) |> filter(fn: (r) => r._field == "x")',
        headers={**headers, "Content-Type": "application/vnd.flux"},
    )
    assert seen.status_code == 200
    assert seen.text.strip() == ""
    assert answer.status_code != 204
