"""Calls of the tasks API in their order, and what a real InfluxDB 2.9.1 answered (`task_answers.json`).

    python -m tests.influxlite.server.task_calls URL ORG TOKEN      records the answers of that server anew

Names in capitals stand for ids and names of the server: TASK_A, RUN_1, ORG_ID …; `remember` tells which answers they
come from. The server's clock becomes TIME.
"""

import json
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.influx_servers import Influx

ANSWERS = Path(__file__).with_name("task_answers.json")
TASKS = "/api/v2/tasks"
NOBODY = "0000000000000009"
PATIENCE_S = 60.0
READ = 'from(bucket: "BUCKET") |> range(start: -1h) |> limit(n: 1)'


@dataclass(frozen=True)
class Call:
    """One call; `remember` is the name for the id that it answers, `until` waits for a run that is over."""

    name: str
    method: str
    path: str
    body: Any = None
    raw: str | None = None
    remember: str = ""
    until: bool = False


def script(options: str, body: str = READ) -> str:
    """A task's script."""
    return f"option task = {{{options}}}\n\n{body}"


def make(name: str, options: str, body: str = READ, **given: str) -> Call:
    """Make a task that is kept."""
    return Call(
        f"make {name}",
        "POST",
        TASKS,
        {"flux": script(options, body), "orgID": "ORG_ID", **given},
        remember=f"TASK_{name}",
    )


def options(text: str) -> Call:
    """Try to make a task with these options, inactive so that it does nothing."""
    body = {"flux": script(text), "org": "ORG_NAME", "status": "inactive"}
    return Call(f"options {text}", "POST", TASKS, body, remember="TASK_X")


def creation(name: str, body: Any) -> Call:
    """Try to make a task out of a body."""
    return Call(f"create {name}", "POST", TASKS, body, remember="TASK_X")


def patch(body: Any) -> Call:
    """Change the first task."""
    return Call(f"patch {json.dumps(body)}", "PATCH", f"{TASKS}/TASK_A", body)


def get(path: str) -> Call:
    """Look."""
    return Call(f"get {path}", "GET", f"{TASKS}{path}")


OPTIONS = [
    'name: "a"', "every: 1h", 'name: "a", every: 1h, cron: "0 * * * *"', 'name: "a", every: 500ms',
    'name: "a", every: 1500ms', 'name: "a", cron: "x"', 'name: "a", cron: ""', 'name: "", every: 1h',
    "name: 1, every: 1h", 'name: "a", every: "1h"', 'name: "a", every: -1h', 'name: "a", cron: 5',
    'name:"a", every: 1h, offset: "1m"',
    'name:"a", every: 1h, offset: 1500ms', 'name:"a", every: 1h, offset: -5m', 'name:"a", every: 1h, offset: 1d',
    'name: "a", every: 1h, concurrency: 0', 'name: "a", every: 1h, concurrency: 101', 'name: "a", every: 1h, retry: 0',
    'name: "a", every: 1h, retry: 11', 'name: "a", every: 1h, concurrency: "x"', 'name: "a", every: 1mo',
    'name: "a", every: 1d12h', 'name: "a", every: 0s', 'name: "a", every: 1h, foo: 3', 'name: "a", cron: "@every 1h"',
    'name: "a", cron: "@hourly"', 'name: "a", cron: "61 * * * *"', 'name: "a", cron: "* * * * * * *"',
    'name: "a", cron: "0 * * *"', 'name: "", cron: "x", concurrency: 0', 'name: "a", every: 60m0s',
    'name: "a", every: 1h, offset: 0s', 'name: "a", every: 1h, offset: 90m', 'name: "a", cron: "0 12 * * MON-FRI"',
]  # fmt: skip
EVERY = script('name:"a",every:1h')
CREATIONS: dict[str, Any] = {
    "nothing": {},
    "no option": {"flux": READ, "orgID": "ORG_ID"},
    "empty script": {"flux": "", "orgID": "ORG_ID"},
    "no organization": {"flux": EVERY},
    "no id of an organization": {"flux": EVERY, "orgID": "zz"},
    "unknown organization": {"flux": EVERY, "orgID": NOBODY},
    "unknown name of an organization": {"flux": EVERY, "org": "nope"},
    "unknown status": {"flux": EVERY, "org": "ORG_NAME", "status": "bad"},
    "inactive": {"flux": EVERY, "org": "ORG_NAME", "status": "inactive", "description": "d"},
    "no flux": {"flux": EVERY + " |> bla(", "org": "ORG_NAME"},
    "option is no record": {"flux": f"option task = 5\n{READ}", "org": "ORG_NAME"},
    "two options": {"flux": f"{EVERY}\n{EVERY}", "org": "ORG_NAME"},
    "unknown function": {"flux": EVERY + " |> bla()", "org": "ORG_NAME", "status": "inactive"},
    "number for a script": {"flux": 5, "org": "ORG_NAME"},
    "list": [],
    "option by name": {"flux": f't = {{name: "a", every: 1h}}\noption task = t\n{READ}', "org": "ORG_NAME"},
    "assignment, no option": {"flux": f'task = {{name: "a", every: 1h}}\n{READ}', "org": "ORG_NAME"},
}
LISTS = [
    "", "?limit=2", "?limit=0", "?limit=501", "?limit=x", "?name=bedside-b", "?after=TASK_A", "?after=zz",
    "?status=inactive", "?status=foo", "?type=basic", "?type=bad", "?user=USER_ID", "?user=zz",
    "?user=0000000000000123", "?org=nope", "?orgID=zz", "?orgID=0000000000000009", "?org=ORG_NAME&limit=1",
    "?orgID=ORG_ID&status=active&limit=1&name=bedside-b",
]  # fmt: skip
LINES = 'option task = {\n    name: "bedside-z",\n    every: 3h,\n    // why\n    offset: 5m,\n}\n\n' + READ + "\n"
PATCHES: list[Any] = [
    {}, {"status": "bad"}, {"status": "active"}, {"status": "inactive"}, {"name": "bedside-n"}, {"every": "2h"},
    {"cron": "0 1 * * *"}, {"every": "10s", "cron": "0 1 * * *"}, {"every": "bad"}, {"every": "500ms"}, {"every": 5},
    {"cron": "bad"}, {"every": "1d"}, {"offset": "5m"}, {"offset": "1d"}, {"offset": "bad"}, {"offset": "0s"},
    {"offset": "-5m"}, {"offset": ""}, {"every": ""}, {"description": "hello"},
    {"description": "x", "status": "inactive"}, {"flux": "bad("}, {"flux": READ}, {"flux": ""},
    {"name": None, "status": None},
    {"flux": LINES, "offset": "7m"}, {"every": "1h30m", "name": 'q"uote'}, {"name": 5},
    {"flux": script('name: "bedside-z", cron: "0 * * * *"'), "every": "5m", "offset": "1m"},
    {"offset": "0s", "name": "bedside-q"},
]  # fmt: skip
RUN_LISTS = [
    "", "?limit=0", "?limit=501", "?limit=x", "?after=zz", "?afterTime=x", "?beforeTime=2020",
    "?afterTime=2026-01-02T00:00:00Z&beforeTime=2026-01-01T00:00:00Z",
]  # fmt: skip


def _runs() -> list[Call]:
    """Runs that are started by hand, and how they go."""
    a, nope, bla = (f"{TASKS}/TASK_{name}" for name in "ADE")
    far = {"scheduledFor": "2090-01-01T00:00:00Z"}
    past = {"scheduledFor": "2026-01-01T02:03:04.5+02:00"}
    return [
        Call("run inactive", "POST", f"{a}/runs", far),
        Call("retry inactive", "POST", f"{a}/runs/{NOBODY}/retry"),
        Call("activate", "PATCH", a, {"status": "active"}),
        *(
            Call(f"run {json.dumps(b)}", "POST", f"{a}/runs", b)
            for b in ({"scheduledFor": "x"}, {"scheduledFor": 5}, [])
        ),
        Call("run unknown", "POST", f"{TASKS}/{NOBODY}/runs", {}),
        Call("run zz", "POST", f"{TASKS}/zz/runs", {}),
        Call("run later", "POST", f"{a}/runs", far, remember="RUN_1"),
        get("/TASK_A/runs"),
        get("/TASK_A/runs?beforeTime=2099-01-01T00:00:00Z"),
        get("/TASK_A/runs/RUN_1"),
        get("/TASK_A/runs/RUN_1/logs"),
        Call("cancel", "DELETE", f"{a}/runs/RUN_1"),
        Call("run past", "POST", f"{a}/runs", past, remember="RUN_2"),
        Call("past is over", "GET", f"{a}/runs/RUN_2", until=True),
        get("/TASK_A/runs/RUN_2/logs"),
        get("/TASK_A/runs?afterTime=2025-01-01T00:00:00Z&beforeTime=2027-01-01T00:00:00Z"),
        get("/TASK_A/runs?afterTime=2026-01-01T00:03:04Z&beforeTime=2026-01-02T00:00:00Z"),
        get("/TASK_A"),
        Call("cancel what is over", "DELETE", f"{a}/runs/RUN_2"),
        Call("retry", "POST", f"{a}/runs/RUN_2/retry", remember="RUN_3"),
        Call("retry is over", "GET", f"{a}/runs/RUN_3", until=True),
        Call("run nope", "POST", f"{nope}/runs", past, remember="RUN_4"),
        Call("nope is over", "GET", f"{nope}/runs/RUN_4", until=True),
        Call("nope failed", "GET", nope),
        Call("run bla", "POST", f"{bla}/runs", past, remember="RUN_5"),
        Call("bla is over", "GET", f"{bla}/runs/RUN_5", until=True),
        Call("bla failed", "GET", bla),
        Call("bla's logs", "GET", f"{bla}/logs"),
    ]


def _people() -> list[Call]:
    """Labels, members and owners."""
    a = f"{TASKS}/TASK_A"
    label = {"orgID": "ORG_ID", "name": "bedside-test-l", "properties": {"color": "ff0000", "none": ""}}
    calls = [
        get("/TASK_A/labels"),
        Call("label", "POST", "/api/v2/labels", label, remember="LABEL"),
        Call("label again", "POST", "/api/v2/labels", label),
        Call("label without name", "POST", "/api/v2/labels", {"orgID": "ORG_ID", "name": ""}),
        Call("label without organization", "POST", "/api/v2/labels", {"name": "bedside-test-m"}),
        Call("the label", "GET", "/api/v2/labels/LABEL"),
        Call("attach", "POST", f"{a}/labels", {"labelID": "LABEL"}),
        Call("attach again", "POST", f"{a}/labels", {"labelID": "LABEL"}),
        Call("attach nothing", "POST", f"{a}/labels", {}),
        Call("attach unknown", "POST", f"{a}/labels", {"labelID": NOBODY}),
        Call("labels", "GET", f"{a}/labels"),
        Call("labelled", "GET", a),
        Call(
            "rename label",
            "PATCH",
            "/api/v2/labels/LABEL",
            {"name": "bedside-test-n", "properties": {"color": "", "x": "y"}},
        ),
        Call("detach", "DELETE", f"{a}/labels/LABEL"),
        Call("detach again", "DELETE", f"{a}/labels/LABEL"),
        Call("delete label", "DELETE", "/api/v2/labels/LABEL"),
        Call("delete label again", "DELETE", "/api/v2/labels/LABEL"),
        Call("labels of nobody", "GET", f"{TASKS}/{NOBODY}/labels"),
    ]
    for kind in ("members", "owners"):
        calls += [
            Call(f"no {kind}", "GET", f"{a}/{kind}"),
            Call(f"add to {kind}", "POST", f"{a}/{kind}", {"id": "USER_ID"}),
            Call(f"add to {kind} again", "POST", f"{a}/{kind}", {"id": "USER_ID"}),
            Call(f"add nobody to {kind}", "POST", f"{a}/{kind}", {}),
            Call(f"add unknown to {kind}", "POST", f"{a}/{kind}", {"id": NOBODY}),
            Call(f"the {kind}", "GET", f"{a}/{kind}"),
            Call(f"off {kind}", "DELETE", f"{a}/{kind}/USER_ID"),
            Call(f"off {kind} again", "DELETE", f"{a}/{kind}/USER_ID"),
            Call(f"{kind} of nobody", "GET", f"{TASKS}/{NOBODY}/{kind}"),
        ]
    return calls


CALLS = [
    make("A", 'name: "bedside-a", every: 1h', status="inactive"),
    make("B", 'name: "bedside-b", cron: "0 * * * *", offset: 5m'),
    make("C", 'name: "bedside-c", every: 1d', description="words"),
    make("D", 'name: "bedside-d", every: 1d', 'from(bucket: "nope") |> range(start: -1h)'),
    make("E", 'name: "bedside-e", every: 1d', 'from(bucket: "BUCKET") |> bla()'),
    *map(get, LISTS),
    *map(options, OPTIONS),
    *(creation(name, body) for name, body in CREATIONS.items()),
    Call("create from an empty body", "POST", TASKS, raw=""),
    *(
        Call(f"create from {text}", "POST", TASKS, raw=text)
        for text in ("nope", "nul", "tru,", "fals", "?", '{"flux": nx}')
    ),
    Call("put", "PUT", TASKS, {}),
    *map(get, ("/TASK_A", "/zz", f"/{NOBODY}")),
    Call("delete zz", "DELETE", f"{TASKS}/zz"),
    Call("delete unknown", "DELETE", f"{TASKS}/{NOBODY}"),
    *map(patch, PATCHES),
    Call("patch unknown", "PATCH", f"{TASKS}/{NOBODY}", {"status": "active"}),
    Call("patch zz", "PATCH", f"{TASKS}/zz", {"status": "active"}),
    *(get(f"/TASK_A/runs{query}") for query in RUN_LISTS),
    *(get(f"/{task}/{part}") for task in ("zz", NOBODY) for part in ("runs", "logs")),
    *(get(f"/TASK_A/runs/{path}") for path in ("zz", NOBODY, f"{NOBODY}/logs")),
    get(f"/{NOBODY}/runs/{NOBODY}"),
    Call("cancel unknown", "DELETE", f"{TASKS}/TASK_A/runs/{NOBODY}"),
    Call("cancel zz", "DELETE", f"{TASKS}/TASK_A/runs/zz"),
    *_runs(),
    *_people(),
    *(Call(f"delete {name}", "DELETE", f"{TASKS}/TASK_{name}") for name in "ABCDE"),
]


class Player:
    """Makes the calls on a server, and takes out of the answers what is the server's own."""

    def __init__(self, influx: Influx, bucket: str) -> None:
        """Names are known from the start for organization, user and bucket."""
        self.influx = influx
        user = influx.request("GET", "/api/v2/me").json()["id"]
        self.names = {"ORG_ID": influx.org_id(), "ORG_NAME": influx.org, "USER_ID": user, "BUCKET": bucket}

    def play(self) -> dict[str, dict[str, Any]]:
        """Every call's answer by its name: status, code of an error, and body."""
        return {call.name: self._answer(call) for call in CALLS}

    def _answer(self, call: Call) -> dict[str, Any]:
        answer = self._send(call)
        deadline = time.monotonic() + PATIENCE_S
        before = ""
        while call.until and (answer.json().get("status") in ("scheduled", "started", None) or answer.text != before):
            assert time.monotonic() < deadline, f"{call.name}: the run does not end"
            before = answer.text  # a real one still writes the log of a run that has ended
            time.sleep(0.1)
            answer = self._send(call)
        body = answer.json() if answer.text.strip() else None
        if call.remember and answer.ok and isinstance(body, dict):
            self.names[call.remember] = (body.get("label") or body)["id"]
        told = {
            "status": answer.status_code,
            "code": answer.headers.get("X-Platform-Error-Code"),
            "body": self._plain(body),
        }
        if call.remember == "TASK_X" and answer.status_code == 201:
            self.influx.request("DELETE", f"{TASKS}/{self.names['TASK_X']}")
        return told

    def _send(self, call: Call) -> requests.Response:
        text = call.raw if call.body is None else json.dumps(call.body)
        return self.influx.request(call.method, self._named(call.path), data=self._named(text) if text else text)

    def _named(self, text: str) -> str:
        """A text with the server's ids and names for ours."""
        for name, value in sorted(self.names.items(), key=lambda pair: -len(pair[0])):
            text = text.replace(name, value)
        return text

    def _plain(self, body: Any) -> Any:
        """An answer with our names for the server's ids and names, and without its clock."""
        text = json.dumps(body)
        for name, value in self.names.items():
            if name != "ORG_NAME":
                text = text.replace(value, name)
        text = text.replace(f'"org": "{self.influx.org}"', '"org": "ORG_NAME"')
        text = re.sub(rf"\borg={re.escape(self.influx.org)}\b", "org=ORG_NAME", text)
        return json.loads(
            re.sub(r'"(?!2026-01-01T00:03:04Z|2090-)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"', '"TIME"', text)
        )


def record(url: str, org: str, token: str) -> None:
    """Write what a server answers now."""
    influx = Influx("real", url.rstrip("/"), org, token)
    with influx.bucket() as bucket:
        ANSWERS.write_text(json.dumps(Player(influx, bucket).play(), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    record(*sys.argv[1:])
