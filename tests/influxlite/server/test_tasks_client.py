"""The official client's TasksApi works unchanged, every method of it; on influxlite and a real InfluxDB."""

import contextlib
import datetime
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.task import Task
from influxdb_client.domain.task_create_request import TaskCreateRequest
from influxdb_client.domain.task_update_request import TaskUpdateRequest
from influxdb_client.rest import ApiException

from tests.influx_servers import Influx

FLUX = 'import "array"\narray.from(rows: [{v: 1}])'
NOON = datetime.datetime(2026, 1, 10, 12, tzinfo=datetime.UTC)
PATIENCE_S = 60.0


@pytest.fixture
def client(influx: Influx) -> Iterator[Any]:
    """The official client."""
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as made:
        yield made


@pytest.fixture
def api(client: InfluxDBClient) -> Iterator[Any]:
    """The tasks, untyped as their answers are optional in every field; those that a test made are deleted."""
    tasks = client.tasks_api()
    before = {task.id for task in tasks.find_tasks()}
    yield tasks
    for task in tasks.find_tasks():
        if task.id not in before and task.name.startswith("bedside-test"):
            tasks.delete_task(task.id)


def unique() -> str:
    """A name that no other test gives."""
    return f"bedside-test-{secrets.token_hex(4)}"


def over(api: Any, run: Any) -> Any:
    """The run when it is over."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(ApiException):  # a real one does not know it for a moment when it has just ended
            found = api.get_run(run.task_id, run.id)
            if found.status not in ("scheduled", "started"):
                return found
        assert time.monotonic() < deadline, "the run does not end"
        time.sleep(0.05)


def test_tasks_are_made_in_every_way(api: Any, client: Any, influx: Influx) -> None:
    """By every, by cron, from a task, from a request, as a clone."""
    org = client.organizations_api().find_organizations(org=influx.org)[0]
    every = api.create_task_every(unique(), FLUX, "1h", org)
    assert (every.every, every.cron, every.status, every.org) == ("1h", None, "active", influx.org)
    cron = api.create_task_cron(unique(), FLUX, "0 2 * * *", org.id)
    assert (cron.cron, cron.every) == ("0 2 * * *", None)
    name = unique()
    script = f'{FLUX}\noption task = {{name: "{name}", every: 2h, offset: 10m}}'
    given = api.create_task(
        task=Task(id="0", name=name, org_id=org.id, flux=script, description="why", status="inactive")
    )
    assert (given.name, given.offset, given.description, given.status) == (name, "10m", "why", "inactive")
    request = TaskCreateRequest(flux=script, org=influx.org)
    asked = api.create_task(task_create_request=request)
    assert (asked.flux, asked.status) == (script, "active")
    clone = api.clone_task(asked)
    assert (clone.flux, clone.id != asked.id) == (script, True)


def test_tasks_are_found(api: Any, client: Any, influx: Influx) -> None:
    """By id, name, organization, user, and page by page."""
    org = client.organizations_api().find_organizations(org=influx.org)[0]
    made = [api.create_task_every(unique(), FLUX, "1h", org) for _ in range(3)]
    ids = [task.id for task in made]
    assert ids == sorted(ids)
    assert api.find_task_by_id(ids[0]).name == made[0].name
    assert [task.id for task in api.find_tasks(name=made[1].name)] == [ids[1]]
    for found in (
        api.find_tasks(org=influx.org), api.find_tasks(org_id=org.id), api.find_tasks(user=made[0].owner_id),
        api.find_tasks_by_user(made[0].owner_id), list(api.find_tasks_iter(limit=1)),
    ):  # fmt: skip
        assert [task.id for task in found if task.id in ids] == ids
    assert [task.id for task in api.find_tasks(after=ids[0], limit=1, org=influx.org)] == [ids[1]]


def test_tasks_are_changed_and_deleted(api: Any, client: Any, influx: Influx) -> None:
    """By the task itself, by a request; then it is gone."""
    org = client.organizations_api().find_organizations(org=influx.org)[0]
    task = api.create_task_every(unique(), FLUX, "1h", org)
    task.cron, task.every, task.status, task.description = "0 3 * * *", None, "inactive", "words"
    changed = api.update_task(task)
    assert (changed.cron, changed.every, changed.status, changed.description) == (
        "0 3 * * *",
        None,
        "inactive",
        "words",
    )
    assert 'cron: "0 3 * * *"' in changed.flux
    again = api.update_task_request(task.id, TaskUpdateRequest(name="bedside-test-renamed", every="5m"))
    assert (again.name, again.every, again.cron) == ("bedside-test-renamed", "5m", None)
    api.delete_task(task.id)
    with pytest.raises(ApiException) as raised:
        api.find_task_by_id(task.id)
    assert raised.value.status == 404


def test_runs_are_started_watched_and_stopped(api: Any, client: Any, influx: Influx) -> None:
    """By hand, for a time in the past; listed, with logs, again; one for later is stopped."""
    org = client.organizations_api().find_organizations(org=influx.org)[0]
    task = api.create_task_every(unique(), FLUX, "1d", org)
    run = over(api, api.run_manually(task.id, NOON))
    assert (run.status, run.scheduled_for) == ("success", NOON)
    assert [run.id for run in api.get_runs(task.id, limit=5)] == [run.id]
    assert api.get_runs(task.id, after_time=NOON) == []
    hour = datetime.timedelta(hours=1)
    assert [one.id for one in api.get_runs(task.id, after_time=NOON - hour, before_time=NOON + hour)] == [run.id]
    logs = api.get_run_logs(task.id, run.id)
    assert [line.message for line in logs][-1] == "Completed(success)"
    assert [line.message for line in api.get_logs(task.id)] == [line.message for line in logs]
    again = over(api, api.retry_run(task.id, run.id))
    assert (again.status, again.scheduled_for, again.id != run.id) == ("success", NOON, True)
    later = api.run_manually(task.id, datetime.datetime(2090, 1, 1, tzinfo=datetime.UTC))
    api.cancel_run(task.id, later.id)
    assert api.get_run(task.id, later.id).status == "canceled"
    found = api.find_task_by_id(task.id)
    assert (found.last_run_status, found.last_run_error) == ("success", None)


def test_labels_members_and_owners(api: Any, client: Any, influx: Influx) -> None:
    """Put on a task, listed, taken off; a clone carries the same labels."""
    org = client.organizations_api().find_organizations(org=influx.org)[0]
    task = api.create_task_every(unique(), FLUX, "1h", org)
    labels = client.labels_api()
    label = labels.create_label(unique(), org.id, {"color": "ff0000"})
    try:
        assert api.add_label(label.id, task.id).label.name == label.name
        assert [one.id for one in api.get_labels(task.id).labels] == [label.id]
        assert [one.id for one in api.get_labels(api.clone_task(task).id).labels] == [label.id]
        api.delete_label(label.id, task.id)
        assert api.get_labels(task.id).labels == []
    finally:
        labels.delete_label(label.id)
    user = client.users_api().me().id
    for add, get, drop in (
        (api.add_member, api.get_members, api.delete_member),
        (api.add_owner, api.get_owners, api.delete_owner),
    ):
        assert add(user, task.id).id == user
        assert [one.id for one in get(task.id)] == [user]
        drop(user, task.id)
        assert get(task.id) == []
