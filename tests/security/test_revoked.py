"""A token that is taken back while its answer is under way: the answer ends."""

import random

import pytest

from tests.influx_servers import Influx

POINTS = 20_000  # an answer of many times what is sent at once


@pytest.mark.parametrize("how", ["deleted", "inactive"])
@pytest.mark.parametrize("packed", ["identity", "gzip"])
def test_an_answer_ends_with_its_token(influx: Influx, how: str, packed: str) -> None:
    """influxlite sends little more of it, and a table that says why; InfluxDB goes on to the end."""
    if influx.kind != "influxlite":
        pytest.skip("InfluxDB goes on to the end")
    bucket = influx.make_bucket()
    chance = random.Random(1)  # nothing that packs: also of a packed answer more is left than is on its way at once
    lines = "\n".join(f'm,room={i % 7} s="{chance.getrandbits(256):064x}" {i}' for i in range(POINTS))
    assert influx.write(bucket, lines).status_code == 204
    found = influx.request("GET", "/api/v2/buckets", params={"name": bucket}).json()["buckets"][0]
    permission = {"action": "read", "resource": {"type": "buckets", "id": found["id"], "orgID": found["orgID"]}}
    body = {"orgID": found["orgID"], "permissions": [permission]}
    made = influx.request("POST", "/api/v2/authorizations", json=body).json()
    everything = f'from(bucket: "{bucket}") |> range(start: 0)'
    script = "\n".join(f'{everything} |> yield(name: "n{i}")' for i in range(30))
    answer = influx.request(
        "POST",
        "/api/v2/query",
        token=made["token"],
        params={"org": influx.org},
        headers={"Accept-Encoding": packed},
        json={"query": script},
        stream=True,
    )
    pieces = answer.iter_content(16_384)
    first = next(pieces)
    path = f"/api/v2/authorizations/{made['id']}"
    if how == "deleted":
        assert influx.request("DELETE", path).status_code == 204
    else:
        assert influx.request("PATCH", path, json={"status": "inactive"}).status_code == 200
    told = (first + b"".join(pieces)).decode()
    assert told.endswith("\r\n\r\n,error,reference\r\n,the token was revoked while its answer was under way,\r\n")
    assert told.count("\r\n") < 31 * POINTS
    influx.drop_bucket(bucket)
