"""Databases and retention policies of InfluxDB 1 by hand: the same on influxlite and a real InfluxDB."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.influx_servers import Influx
from tests.influxlite.server.test_api import bucket_id, limited

PATH = "/api/v2/dbrps"
NAMES = "must contain at least one character and only be letters, numbers, '_', '-', and '.'"


class Mappings:
    """The mappings of a bucket of the test's own."""

    def __init__(self, influx: Influx, bucket: str) -> None:
        """None yet; `database` is a name that nobody else uses."""
        self.influx, self.bucket, self.org = influx, bucket, influx.org_id()
        self.bucket_id, self.database = bucket_id(influx, bucket), f"{bucket}-db"

    def ask(self, method: str, path: str = "", body: Any = None, token: str = "", **parameters: str) -> Any:
        """One call with the organization's id."""
        given = {"orgID": self.org, **parameters}
        return self.influx.request(method, PATH + path, params=given, json=body, token=token)

    def make(self, policy: str, **more: Any) -> dict[str, Any]:
        """A mapping of that retention policy."""
        body = {"orgID": self.org, "bucketID": self.bucket_id, "database": self.database, "retention_policy": policy}
        answer = self.ask("POST", body={**body, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def listed(self, **parameters: str) -> list[tuple[str, bool]]:
        """Policies of the database, in the order of the list, and which one is the default."""
        found = self.ask("GET", db=self.database, **parameters).json()["content"]
        return [(one["retention_policy"], one["default"]) for one in found]


@pytest.fixture
def mappings(influx: Influx) -> Iterator[Mappings]:
    """A fresh bucket without mappings of its own."""
    with influx.bucket() as bucket:
        yield Mappings(influx, bucket)


def test_a_bucket_has_a_virtual_mapping(mappings: Mappings) -> None:
    """By its name, found in the list and by the bucket's id."""
    wanted = {
        "id": mappings.bucket_id,
        "database": mappings.bucket,
        "retention_policy": "autogen",
        "default": True,
        "virtual": True,
        "orgID": mappings.org,
        "bucketID": mappings.bucket_id,
    }
    assert mappings.ask("GET", bucketID=mappings.bucket_id).json() == {"content": [wanted]}
    assert mappings.ask("GET", f"/{mappings.bucket_id}").json() == {"content": wanted}


def test_of_a_database_one_mapping_is_the_default(mappings: Mappings) -> None:
    """The first, until another is made or changed to it; where it goes, the first of the others."""
    first, second = mappings.make("a"), mappings.make("b")
    assert (first["default"], second["default"], second["virtual"]) == (True, False, False)
    third = mappings.make("c", default=True)
    assert sorted(mappings.listed()) == [("a", False), ("b", False), ("c", True)]
    assert mappings.listed(default="true") == [("c", True)]
    assert mappings.listed(rp="b") == [("b", False)]
    changed = mappings.ask("PATCH", f"/{second['id']}", {"default": True, "retention_policy": "d"})
    assert changed.json()["content"] == {**second, "default": True, "retention_policy": "d"}
    assert mappings.listed(default="true") == [("d", True)]
    assert mappings.ask("DELETE", f"/{second['id']}").status_code == 204
    assert mappings.ask("GET", f"/{second['id']}").status_code == 404
    assert sum(default for _, default in mappings.listed()) == 1
    assert mappings.ask("GET", id=third["id"]).json()["content"][0]["retention_policy"] == "c"


def test_a_device_of_influxdb_1_writes_to_what_it_stands_for(mappings: Mappings) -> None:
    """Its database and policy lead to the bucket, the default one without a policy; others to none."""
    influx = mappings.influx
    mappings.make("week")

    def write(**parameters: str) -> int:
        given = {"db": mappings.database, "u": "any", "p": influx.token, **parameters}
        return influx.request("POST", "/write", token=None, params=given, data="m x=1 7").status_code

    assert write() == 204
    assert write(rp="week") == 204
    assert write(rp="month") == 404
    script = f'from(bucket: "{mappings.bucket}") |> range(start: 0) |> count()'
    assert ",1," in influx.query(script).text


def test_a_database_of_others_is_not_there(mappings: Mappings, influx: Influx) -> None:
    """To a token for another bucket, while one that may read it is told that it may not write."""
    mappings.make("a")
    with influx.bucket() as other:
        for bucket, action, status in ((other, "write", 404), (mappings.bucket, "read", 403)):
            resource = {"type": "buckets", "id": bucket_id(influx, bucket), "orgID": mappings.org}
            with limited(influx, {"action": action, "resource": resource}) as token:
                for database in (mappings.database, mappings.bucket):
                    given = {"db": database, "u": "any", "p": token}
                    answer = influx.request("POST", "/write", token=None, params=given, data="m x=1 7")
                    assert answer.status_code == status, answer.text


def test_a_bucket_takes_its_mappings_along(influx: Influx) -> None:
    """When it goes."""
    found = Mappings(influx, influx.make_bucket())
    found.make("a")
    influx.drop_bucket(found.bucket)
    assert found.listed() == []


WRONG = [
    ({"database": ""}, 400, f"DBRP provided is invalid: database {NAMES}"),
    ({"database": "a/b"}, 400, f"DBRP provided is invalid: database {NAMES}"),
    ({"retention_policy": ".."}, 400, f"DBRP provided is invalid: retentionPolicy {NAMES}"),
    ({"orgID": ""}, 400, "either 'org' or 'orgID' must be provided"),
    ({"orgID": "x"}, 400, 'invalid org ID "x": id must have a length of 16 bytes'),
    ({"orgID": "", "org": "nope"}, 404, 'invalid org "nope": organization not found'),
    ({"bucketID": "x"}, 400, 'invalid bucket ID "x": id must have a length of 16 bytes'),
    ({"bucketID": "0123456789abcdef"}, 404, "bucket not found"),
    ({"retention_policy": "taken"}, 422, "another DBRP mapping with same orgID, db, and rp exists"),
]


@pytest.mark.parametrize(("changes", "status", "message"), WRONG)
def test_what_cannot_be_mapped_is_refused(mappings: Mappings, changes: dict, status: int, message: str) -> None:
    """In InfluxDB's words."""
    mappings.make("taken")
    body = {
        "orgID": mappings.org,
        "bucketID": mappings.bucket_id,
        "database": mappings.database,
        "retention_policy": "new",
    }
    answer = mappings.ask("POST", body={**body, **changes})
    assert (answer.status_code, answer.json()["message"]) == (status, message)
    assert mappings.listed() == [("taken", True)]


@pytest.mark.parametrize(
    ("path", "parameters", "status", "message"),
    [
        ("", {"orgID": ""}, 400, "either 'org' or 'orgID' must be provided"),
        ("", {"id": "x"}, 400, 'invalid DBRP ID "x": id must have a length of 16 bytes'),
        ("", {"default": "x"}, 400, "invalid default parameter"),
        ("/x", {}, 400, "id must have a length of 16 bytes"),
        ("/0123456789abcdef", {}, 404, "unable to find DBRP"),
    ],
)
def test_what_is_not_there_is_not_found(
    mappings: Mappings, path: str, parameters: dict, status: int, message: str
) -> None:
    """In InfluxDB's words."""
    answer = mappings.ask("GET", path, **parameters)
    assert (answer.status_code, answer.json()["message"]) == (status, message)


def test_a_mapping_is_the_business_of_who_may_do_that_with_its_bucket(mappings: Mappings, influx: Influx) -> None:
    """A token for another bucket neither sees nor makes nor changes one; one that reads only sees it."""
    made = mappings.make("a")
    body = {**{name: made[name] for name in ("orgID", "bucketID", "database")}, "retention_policy": "b"}
    with influx.bucket() as other:
        for name, seen in ((other, []), (mappings.bucket, [("a", True)])):
            resource = {"type": "buckets", "id": bucket_id(influx, name), "orgID": mappings.org}
            with limited(influx, {"action": "read", "resource": resource}) as token:
                assert mappings.listed(token=token) == seen
                assert mappings.ask("GET", f"/{made['id']}", token=token).status_code == (200 if seen else 401)
                assert mappings.ask("POST", body=body, token=token).status_code == 401
                for method in ("PATCH", "DELETE"):
                    assert mappings.ask(method, f"/{made['id']}", {"default": True}, token=token).status_code == 401
    assert mappings.listed() == [("a", True)]
