"""Text that wants to be code: in Flux, line protocol, logs and HTML. It stays the text that it is, or is refused."""

import contextlib
import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from grafana import published
from influxlite.flux import nodes_json, parser
from query import question, questions
from tests.bedside.running_up import BEDSIDE, clean_environment
from tests.security.conftest import ADMIN, MARKUP, Doors
from ward import variables
from ward.dashboards import Dashboard, Dashboards, flux_of, panels_of
from ward.errors import NotAllowed
from ward.interpolate import Span, interpolate

EVIL = (
    '" |> yield(name: "all") //', '") or r.mrn != "', '\\" or true //', "\\", '\\"', "${params.bucket}", "$${x}",
    '"}\nfrom(bucket: "telemetry") |> range(start: 0)\n//', "*/ buckets() /*", "/ or r.x =~ /", "5m) |> yield(", "1h]",
    ".*", "[[room]]", "\u2028buckets()", "\x00", "`", "{{x}}", "$__from", "v.timeRangeStart",
)  # fmt: skip
EVIL_LINES = (
    "1,x=y spo2=1 1\ncpap,room=1,mrn=2", "1 spo2=1", "1\\", "1\\,x=y", "1=2", '1"', "a,b", "a b", "1\r\n2", "\t1",
    "#1", "", "1\u00a0", "é", "1\x00", "-" * 65,
)  # fmt: skip


def shape(script: str) -> Any:
    """A script as a tree in which every literal's value and every place is left out: what is asked, not of whom."""
    file, faults = parser.parse_with_faults(script)
    assert not faults, (faults[0].message, script)

    def stripped(node: Any) -> Any:
        if isinstance(node, list):
            same = [stripped(one) for one in node]
            return same[:1] if same and all(one == same[0] for one in same) else same  # a list of texts, of any length
        if not isinstance(node, dict):
            return node
        kind = str(node.get("type", ""))
        if kind.endswith("Literal"):
            return kind
        return {name: stripped(value) for name, value in node.items() if name not in ("location", "metadata")}

    return stripped(nodes_json.write(file, script))


def asked_by_dashboards() -> Iterator[Any]:
    """Every question that a dashboard's panel, annotation or variable asks."""
    for dashboard in Dashboards(published.dashboards().values()).list():
        for panel in panels_of(dashboard.document):
            for target in panel.get("targets") or []:
                if flux_of(target):
                    yield pytest.param(
                        dashboard, flux_of(target), id=f"{dashboard.uid}-{panel['id']}-{target['refId']}"
                    )
        for one in (*dashboard.annotations(), *dashboard.variables()):
            if flux := flux_of(one.get("target") or one):
                yield pytest.param(dashboard, flux, id=f"{dashboard.uid}-{one['name']}")


@pytest.mark.parametrize(("dashboard", "flux"), list(asked_by_dashboards()))
def test_no_value_of_a_variable_is_code(dashboard: Dashboard, flux: str) -> None:
    """Each question of each dashboard, with each hostile value in each variable: refused, or the very same question."""
    span = Span(1_768_000_000_000, 1_768_043_200_000)
    names = [str(one["name"]) for one in dashboard.variables()]

    def bound(values: dict[str, list[str]]) -> str:
        known = variables.with_fixed(dashboard, variables.checked(values), "UTC")
        return interpolate(flux, known, span, bucket="telemetry", org="ward")

    calm = {name: ["5m"] for name in names}
    plain = shape(bound(calm))
    for name in (name for name in names if name in flux):
        # Whether a value can end its literal is the same for all of a kind: the questions of `test_no_parameter` have
        # each of them, here some stand for the rest.
        for values in ([EVIL[0]], [EVIL[4]], ["5m", EVIL[1]], [EVIL[7]]):
            with contextlib.suppress(NotAllowed):
                assert shape(bound({**calm, name: values})) == plain, (name, values)


@pytest.mark.parametrize("name", sorted(questions()))
def test_no_parameter_of_a_question_is_code(name: str) -> None:
    """Each question that is kept, with each hostile text in each parameter of text: the very same question."""
    asked = question(name)
    texts = [p for p in asked.parameters if p.type.name in ("string", "[string]") and p.name != "timezone"]
    needed = {p.name: [["x"], "x"][p.type.name == "string"] for p in texts}
    plain = shape(asked.bind(needed))
    for parameter in texts:
        for text in EVIL:
            value: Any = text if parameter.type.name == "string" else [text]
            assert shape(asked.bind({**needed, parameter.name: value})) == plain, (parameter.name, text)


@pytest.mark.parametrize("text", EVIL[:2])
def test_bedside_ask_asks_what_it_was_asked(doors: Doors, text: str) -> None:
    """From the command line: a hostile MRN is nobody's, a hostile duration and time are refused."""
    told = _bedside(doors, "ask", "readings", "-p", f"mrn={text}", "-p", "start=-1d", "-p", "stop=now", "--json")
    assert (told.returncode, json.loads(told.stdout or "[]")) == (0, []), told.stderr
    for parameter in ("every", "start"):
        told = _bedside(doors, "ask", "breath_rate", "-p", "mrn=1", "-p", "stop=now", "-p", f"{parameter}={text}")
        assert told.returncode == 2, told.stdout


def _bedside(doors: Doors, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(BEDSIDE), *arguments, "--data", str(doors.up.data)]
    environment = clean_environment() | {"BEDSIDE_TOKEN": ADMIN}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("field", ["room", "mrn", "device", "flow_image", "time", "sent_at"])
def test_no_field_of_a_reading_writes_line_protocol(doors: Doors, field: str) -> None:
    """A blank, comma, equals sign, quote, backslash or line end in any field of text is 422, and makes no point."""
    token = doors.tokens["monitor"]
    before = _measurements(doors)
    for text in EVIL_LINES:
        reading = {"room": "inject", "mrn": "inject", "time": "2026-01-01T00:00:00Z", "spo2": 95.0, field: text}
        answer = doors.call("POST", "/v1/readings", token, json=reading)
        assert answer.status_code == 422, (field, text)
        assert len(text) < 2 or text not in answer.text
        batch = doors.call("POST", "/v1/readings", token, json=[reading]).json()
        assert batch["rejected"] == 1, (field, text)
    assert _measurements(doors) == before


@pytest.mark.parametrize("field", ["cpap_pressure", "breath_rate", "apnea_count", "leak_rate", "spo2", "mask_on"])
@pytest.mark.parametrize("value", ["1 1\ncpap spo2=1", True, [1], {"a": 1}, None, 1e308, "1i", -0.1])
def test_no_measurement_writes_line_protocol(doors: Doors, field: str, value: Any) -> None:
    """What is no number within bounds (a boolean for the mask) is 422."""
    reading = {"room": "inject", "mrn": "inject", field: value}
    if field == "mask_on" and value is True:
        return
    assert doors.call("POST", "/v1/readings", doors.tokens["monitor"], json=reading).status_code == 422


def test_names_and_images_of_the_tutorials_call_write_none_either(doors: Doors) -> None:
    """`/add_patient` takes any text as an image and any name: neither reaches a line but as a digest."""
    before = _measurements(doors)
    body = {
        "patient_name": "x\ncpap,room=1,mrn=1 spo2=1",
        "patient_mrn": 90219,
        "room_number": 90219,
        "CPAP_pressure": 8,
        "breath_rate": "",
        "apnea_count": "",
        "flow_image": 'x",spo2=1 1\ncpap,room=evil,mrn=evil spo2=1',
    }
    answer = doors.call("POST", "/add_patient", doors.tokens["monitor"], json=body)
    assert answer.status_code in (200, 400)
    assert _measurements(doors) == before


def _measurements(doors: Doors) -> str:
    """The measurements, fields and tags that InfluxDB knows, and that no room of an injection is among them."""
    flux = 'import "influxdata/influxdb/schema" schema.tagKeys(bucket: "telemetry", start: 0)'
    headers = {"Authorization": f"Token {ADMIN}", "Content-Type": "application/vnd.flux"}
    url = doors.influx_url + "/api/v2/query?org=ward"
    told = doors.call("POST", url, data=flux, headers=headers)
    assert told.status_code == 200
    everything = doors.call(
        "POST", url, data='from(bucket: "telemetry") |> range(start: 0) |> keep(columns: ["room"])', headers=headers
    )
    assert not re.search(r",(inject|evil)\b", everything.text)
    return told.text


def test_a_line_of_a_log_is_one_event(doors: Doors) -> None:
    """Line ends in headers, paths, devices, and names of tokens and people make no line of a log of their own."""
    forged = 'x\n{"event": "forged"}\r\nforged'
    body = {"role": "monitor", "name": forged}
    assert doors.call("POST", "/v1/tokens", ADMIN, json=body).status_code == 422
    login = {"token": doors.tokens["clinician"], "who": forged}
    assert doors.call("POST", "/ward/api/session", headers={"X-Bedside-Ward": "1"}, json=login).status_code == 422
    doors.call("GET", "/v1/rooms/%0a%0dforged", ADMIN)
    doors.call("GET", "/v1/rooms", ADMIN, headers={"User-Agent": "forged", "Referer": "forged", "X-A": "forged"})
    doors.call("POST", doors.influx_url + "/api/v2/query?org=forged%0aforged", ADMIN, data="forged")
    doors.call("GET", doors.influx_url + "/forged%0aforged", ADMIN)
    for log in (doors.up.data / "logs").iterdir():
        assert "forged" not in log.read_text(), log.name
    for line in (doors.up.data / "logs" / "ingest.log").read_text().splitlines():
        if line.startswith("{"):
            assert json.loads(line)["event"]
    assert "forged" not in (doors.up.data / "ward" / "audit.jsonl").read_text()


def test_markup_in_a_name_is_text(doors: Doors) -> None:
    """A name with markup comes as JSON that no browser reads as HTML, under a policy that runs nothing inline."""
    session = {"token": doors.tokens["clinician"], "who": "markup"}
    mark = {"X-Bedside-Ward": "1"}
    cookies = doors.call("POST", "/ward/api/session", headers=mark, json=session).cookies
    asked = {"view": "bedside-room", "mrns": [MARKUP["mrn"]]}
    answer = doors.call("POST", "/ward/api/names", headers=mark, cookies=cookies, json=asked)
    assert answer.json()["names"] == {MARKUP["mrn"]: MARKUP["name"]}
    for told in (answer, doors.call("GET", "/v1/rooms", ADMIN)):
        assert told.headers["Content-Type"] == "application/json"
        assert told.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
