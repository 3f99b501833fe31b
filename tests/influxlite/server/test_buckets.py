"""A bucket's retention and the length of its shards, which bound one another."""

import secrets

import pytest
import requests

from tests.influx_servers import Influx

HOUR, DAY = 3_600, 86_400
SMALLER = "shard-group duration must also be updated to be smaller than new retention duration"
GREATER = "retention policy duration must be greater than the shard duration"


def rules(retention_s: int | None, shard_s: int | None) -> list[dict[str, object]]:
    """The rule as a request gives it; what is None is left out."""
    given = {"everySeconds": retention_s, "shardGroupDurationSeconds": shard_s}
    return [{"type": "expire", **{name: value for name, value in given.items() if value is not None}}]


@pytest.mark.parametrize(
    ("retention_s", "shard_s", "wanted"),
    [
        (HOUR, None, (HOUR, HOUR)),
        (0, HOUR, (0, HOUR)),
        (2 * HOUR, 1, (2 * HOUR, HOUR)),
        (30 * DAY, 7 * DAY, (30 * DAY, 7 * DAY)),
        (None, HOUR, (0, HOUR)),
        (HOUR, 2 * HOUR, GREATER),
        (2 * DAY, 3 * DAY, GREATER),
    ],
)
def test_a_bucket_is_made(influx: Influx, retention_s: int | None, shard_s: int | None, wanted: object) -> None:
    """Shards have an hour at least, and none is longer than points are kept."""
    name = f"bedside-test-{secrets.token_hex(6)}"
    body = {"name": name, "orgID": influx.org_id(), "retentionRules": rules(retention_s, shard_s)}
    try:
        answer = influx.request("POST", "/api/v2/buckets", json=body)
        assert told(answer) == (wanted if isinstance(wanted, tuple) else (500, wanted))
    finally:
        influx.drop_bucket(name)


@pytest.mark.parametrize(
    ("first_s", "retention_s", "shard_s", "wanted"),
    [
        (0, DAY, None, SMALLER),
        (0, 7 * DAY, None, (7 * DAY, 7 * DAY)),
        (0, DAY, HOUR, (DAY, HOUR)),
        (0, None, 100 * DAY, (0, 100 * DAY)),
        (2 * DAY, HOUR, None, SMALLER),
        (2 * DAY, None, 3 * DAY, SMALLER),
        (2 * DAY, None, HOUR, (2 * DAY, HOUR)),
        (2 * DAY, 0, None, (0, DAY)),
        (HOUR, 40 * DAY, None, (40 * DAY, HOUR)),
    ],
)
def test_a_bucket_is_changed(
    influx: Influx, first_s: int, retention_s: int | None, shard_s: int | None, wanted: object
) -> None:
    """Shards keep their length where the request names none, and must not become longer than points are kept."""
    with influx.bucket(retention_s=first_s) as name:
        found = influx.request("GET", "/api/v2/buckets", params={"name": name}).json()["buckets"][0]
        link = f"/api/v2/buckets/{found['id']}"
        answer = influx.request("PATCH", link, json={"retentionRules": rules(retention_s, shard_s)})
        assert told(answer) == (wanted if isinstance(wanted, tuple) else (422, wanted))


def told(answer: requests.Response) -> tuple[int, object]:
    """Retention and shard length of the bucket that was answered, or status and message."""
    body = answer.json()
    if "retentionRules" not in body:
        return answer.status_code, body["message"]
    rule = body["retentionRules"][0]
    return rule["everySeconds"], rule["shardGroupDurationSeconds"]


def test_a_token_may_be_given_all_there_is(influx: Influx) -> None:
    """`influx auth create --all-access` asks which kinds of things there are, and makes a token for all of them."""
    kinds = influx.request("GET", "/api/v2/resources").json()
    assert {"buckets", "tasks", "authorizations", "dbrp"} <= set(kinds)
    org = influx.org_id()
    permissions = [
        {"action": action, "resource": {"type": kind, "id" if kind == "orgs" else "orgID": org}}
        for kind in kinds
        if kind not in ("instance", "users")
        for action in ("read", "write")
    ]
    body = {"orgID": org, "description": "all of it", "permissions": permissions}
    made = influx.request("POST", "/api/v2/authorizations", json=body)
    assert made.status_code == 201, made.text
    with influx.bucket() as bucket:
        assert influx.write(bucket, "a v=1", token=made.json()["token"]).status_code == 204
    influx.request("DELETE", f"/api/v2/authorizations/{made.json()['id']}")


@pytest.mark.parametrize("kind", ["remotes", "replications", "stacks"])
def test_what_an_organization_has_none_of(influx: Influx, kind: str) -> None:
    """Lists that are empty, for whoever names an organization."""
    assert influx.request("GET", f"/api/v2/{kind}").status_code == 400
    listed = influx.request("GET", f"/api/v2/{kind}", params={"orgID": influx.org_id()})
    assert (listed.status_code, listed.json()) == (200, {kind: [] if kind == "stacks" else None})
