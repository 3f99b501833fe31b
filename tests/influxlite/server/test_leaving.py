"""A client that leaves stops its query; others are served meanwhile."""

import json
import socket
import time
import urllib.parse

from tests.influx_servers import Influx

PATIENCE_S = 60.0


def stopped(influx: Influx) -> float:
    """How many queries the server says it stopped."""
    text = influx.request("GET", "/metrics", token=None).text
    return float(
        next(line for line in text.splitlines() if line.startswith("influxlite_stopped_queries_total ")).split()[1]
    )


def test_a_query_stops_when_its_client_leaves(influx: Influx) -> None:
    """A query of many steps is given up at the next one after the connection is closed, and counted."""
    if influx.kind != "influxlite":
        return  # the real one shows it in no counter
    with influx.bucket() as bucket:
        influx.write(bucket, "\n".join(f"m,a={i} v={i} {i}" for i in range(700)))
        data = f'from(bucket: "{bucket}") |> range(start: 0) |> group() |> map(fn: (r) => ({{r with k: 1}}))'
        texts = 'strings.joinStr(arr: [string(v: r._value_x), string(v: r._value_y)], v: "-")'
        steps = "".join(f" |> map(fn: (r) => ({{r with z{i}: {texts}}}))" for i in range(12))
        pairs = f'import "strings"\na = {data}\njoin(tables: {{x: a, y: a |> limit(n: 700)}}, on: ["k"])'
        script = f'{pairs}{steps} |> count(column: "z1")'
        body = json.dumps({"query": script}).encode()
        address = urllib.parse.urlsplit(influx.url)
        before = stopped(influx)
        with socket.create_connection((address.hostname, address.port)) as line:
            head = f"POST /api/v2/query?org={influx.org} HTTP/1.1\r\nHost: x\r\nAuthorization: Token {influx.token}\r\n"
            line.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            time.sleep(0.5)
        deadline = time.monotonic() + PATIENCE_S
        while stopped(influx) == before:
            assert time.monotonic() < deadline, "the query runs on"
            time.sleep(0.1)
