"""The tasks API answers what a real InfluxDB 2.9.1 answered; on influxlite and a real InfluxDB."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.influx_servers import Influx
from tests.influxlite.server.task_calls import ANSWERS, CALLS, TASKS, Player, script

RECORDED = json.loads(ANSWERS.read_text())


@pytest.fixture(scope="module")
def answers(influx: Influx) -> Iterator[dict[str, Any]]:
    """All calls in their order."""
    with influx.bucket() as bucket:
        yield Player(influx, bucket).play()


@pytest.mark.parametrize("name", [call.name for call in CALLS])
def test_a_call_is_answered_as_influxdb_does(answers: dict[str, Any], name: str) -> None:
    """Status, error code and body, apart from ids and the clock."""
    assert answers[name] == RECORDED[name]


def test_a_token_without_the_right_sees_no_tasks(influx: Influx) -> None:
    """It lists none, finds none, and makes none."""
    org_id = influx.org_id()
    permission = {"action": "read", "resource": {"type": "buckets", "orgID": org_id}}
    body = {"orgID": org_id, "description": "bedside-test", "permissions": [permission]}
    held = influx.request("POST", "/api/v2/authorizations", json=body).json()
    given = {"flux": script('name: "bedside-a", every: 1h', "buckets()"), "orgID": org_id}
    task = influx.request("POST", TASKS, json=given).json()
    try:
        token, own = held["token"], f"{TASKS}/{task['id']}"
        assert influx.request("GET", TASKS, params={"orgID": org_id}, token=token).json()["tasks"] == []
        found = influx.request("GET", own, token=token)
        assert (found.status_code, found.json()["message"]) == (404, "failed to find task: unauthorized")
        for method, path, body, told in (
            ("POST", TASKS, given, "failed to create task: unauthorized"),
            ("PATCH", own, {"name": "x"}, "failed to update task: unauthorized"),
            ("DELETE", own, None, "failed to delete task: unauthorized"),
            ("GET", f"{own}/runs", None, "failed to find runs: unauthorized"),
            ("GET", f"{own}/logs", None, "failed to find task logs: unauthorized"),
            ("POST", f"{own}/runs", {}, "failed to force run: unauthorized"),
        ):
            answer = influx.request(method, path, json=body, token=token)
            # InfluxDB answers 500 and says the same
            assert (answer.status_code, answer.json()["message"]) == (401 if influx.kind == "influxlite" else 500, told)
    finally:
        influx.request("DELETE", f"{TASKS}/{task['id']}")
        influx.request("DELETE", f"/api/v2/authorizations/{held['id']}")


def test_the_metrics_count_tasks(influx: Influx) -> None:
    """Tasks by status, and runs by how they ended."""
    if influx.kind != "influxlite":
        return  # the real one has figures of its own

    def figure(name: str) -> float:
        text = influx.request("GET", "/metrics", token=None).text
        return next((float(line.split()[1]) for line in text.splitlines() if line.startswith(name)), 0.0)

    before = figure('influxlite_tasks{status="inactive"}')
    given = {"flux": script('name: "bedside-a", every: 1h', "buckets()"), "org": influx.org, "status": "inactive"}
    task = influx.request("POST", TASKS, json=given).json()
    assert figure('influxlite_tasks{status="inactive"}') == before + 1
    assert figure('influxlite_task_runs{status="success"}') >= 0
    influx.request("DELETE", f"{TASKS}/{task['id']}")
    assert figure('influxlite_tasks{status="inactive"}') == before
