"""No query makes influxlite talk to another server or read a file: every function that would is refused, over HTTP, and
a socket that each of them is pointed at sees nobody."""

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from influxlite.flux.stdlib import outside, registry
from tests.security.conftest import Doors

OPENING, CLOSING = "([{", ")]}"
ROWS = 'array.from(rows: [{_time: 2026-01-01T00:00:00Z, _measurement: "m", _field: "f", _value: 1.0}])'
MARK = "a-file-that-nobody-reads-5c20"


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[socket.socket]:
    """Another server: it listens, and `accept` tells who came."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def came(elsewhere: socket.socket) -> bool:
    """Whether anybody has connected since the last call."""
    try:
        elsewhere.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.fixture(scope="module")
def ask(doors: Doors) -> Callable[[str], Any]:
    """Asks influxlite's HTTP API a Flux script with the analyst's token."""
    token = (doors.up.data / "secrets" / "analyst-token").read_text().strip()
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/vnd.flux"}
    url = f"{doors.influx_url}/api/v2/query?org=ward"
    return lambda flux: doors.call("POST", url, data=flux.encode(), headers=headers)


def parted(text: str, at: str = ",") -> list[str]:
    """The parts of a type's words between commas that stand in no bracket."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in OPENING) - (sign in CLOSING)
        if sign == at and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def group(text: str, start: int) -> str:
    """What stands in the bracket that opens at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in OPENING) - (text[place] in CLOSING)
        if not depth:
            return text[start + 1 : place]
    raise AssertionError(text)


def value(name: str, kind: str, signature: str, port: int) -> str:
    """An argument as Flux: what names a server names that on `port`, as does what may be any text.

    `signature` says of a type's letter whether it is a record's.
    """
    there = f"127.0.0.1:{port}"
    known = {
        "method": '"GET"',
        "driverName": '"postgres"',
        "dataSourceName": f'"postgres://u:p@{there}/x?sslmode=disable"',
        "broker": f'"tcp://{there}"',
        "brokers": f'["{there}"]',
        "path": '"/"',
        "query": '"SELECT 1"',
    }
    if name in known and not kind.startswith("[string:"):
        return known[name]
    if kind in re.findall(r"\b([A-Z]): Record\b", signature.rpartition(" where ")[2]):
        return "{}"
    if kind.startswith("{"):
        return "{timeout: 1s, insecureSkipVerify: true}"
    of_kind = {
        "int": "1",
        "bool": "true",
        "duration": "1s",
        "bytes": 'bytes(v: "x")',
        "[string]": f'["http://{there}/"]',
    }
    of_kind |= {"[string: string]": '["a": "b"]', "[string: [string]]": '["a": ["b"]]'}
    return of_kind.get(kind, f'"http://{there}/"')


def arguments(signature: str, port: int) -> str:
    """Every argument that a function must have, and of the others those that are texts."""
    given = []
    for parameter in parted(group(signature, 0)):
        name, _, kind = (part.strip() for part in parameter.partition(":"))
        if not name.startswith("<-") and (not name.startswith("?") or kind == "string"):
            given.append(f"{name.lstrip('?')}: {value(name.lstrip('?'), kind, signature, port)}")
    return ", ".join(given)


def call(path: str, entry: registry.Builtin | registry.Written, name: str, port: int) -> str:
    """A script that calls a function as its type wants."""
    package, signature = path.rsplit("/", 1)[-1], entry.signature
    made = f"{package}.{name}({arguments(signature, port)})"
    if isinstance(entry, registry.Written):
        record = group(signature, signature.index("=> {", signature.index("(mapFn:")) + 3)
        fields = (field.partition(":") for field in parted(record.partition(" with ")[2]))
        row = ", ".join(
            f"{field.strip()}: {value(field.strip(), kind.strip(), signature, port)}" for field, _, kind in fields
        )
        made = f"{ROWS} |> {made}(mapFn: (r) => ({{{row}}}))()"
    elif "<-tables" in signature:
        made = f"{ROWS} |> {made}"
    elif ") => stream[" not in signature:
        made = f"told = {made}\n{ROWS}"
    return f'import "array"\nimport "{path}"\n{made}'


def reaching() -> Iterator[Any]:
    """Every function that reaches out, of each package that has a file of those."""
    for file in sorted(registry.ROOT.rglob("outside.py")):
        path = str(file.parent.relative_to(registry.ROOT))
        for name, entry in registry.entries(path).items():
            sends = isinstance(entry, registry.Written) and name == "endpoint"
            refused = isinstance(entry, registry.Builtin) and entry.python.__module__ == outside.__name__
            if (sends or refused) and not name.startswith("_"):
                yield pytest.param(path, name, entry, id=f"{path}.{name}")


@pytest.mark.parametrize(("path", "name", "entry"), list(reaching()))
def test_what_reaches_another_server_is_refused(
    ask: Callable[[str], Any], elsewhere: socket.socket, path: str, name: str, entry: Any
) -> None:
    """Called as its type wants, with the address of a server that listens: 400, why, and nobody comes there."""
    flux = call(path, entry, name, elsewhere.getsockname()[1])
    answer = ask(flux)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), (flux, answer.text)
    assert "would reach another server" in answer.json()["message"], flux
    assert not came(elsewhere)


HOSTS = {
    "from": 'from(bucket: "telemetry", host: "HOST", token: "x") |> range(start: -1h)',
    "buckets": 'buckets(host: "HOST", token: "x")',
    "to": f'import "array"\n{ROWS} |> to(bucket: "telemetry", host: "HOST", token: "x")',
    "wideTo": f'import "array"\nimport "influxdata/influxdb"\n{ROWS} |> group(columns: ["_measurement"]) '
    '|> influxdb.wideTo(bucket: "telemetry", host: "HOST", token: "x")',
    "experimental.to": f'import "array"\nimport "experimental"\n{ROWS} |> group(columns: ["_measurement"]) '
    '|> experimental.to(bucket: "telemetry", host: "HOST", token: "x")',
    "cardinality": 'import "influxdata/influxdb"\n'
    'influxdb.cardinality(bucket: "telemetry", start: -1h, host: "HOST", token: "x")',
    "databases": 'import "influxdata/influxdb/v1"\nv1.databases(host: "HOST", token: "x")',
}


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_is_refused(ask: Callable[[str], Any], elsewhere: socket.socket, name: str) -> None:
    """What takes the address of another InfluxDB neither goes there nor passes this one's data off as that one's."""
    answer = ask(HOSTS[name].replace("HOST", f"http://127.0.0.1:{elsewhere.getsockname()[1]}"))
    assert answer.status_code == 400, answer.text
    assert "host" in answer.json()["message"]
    assert not came(elsewhere)


FILES = {
    "csv.from": 'import "csv"\ncsv.from(file: "FILE")',
    "csv.from, raw": 'import "csv"\ncsv.from(file: "FILE", mode: "raw")',
    "experimental/csv.from": 'import "experimental/csv"\ncsv.from(url: "file://FILE")',
    "sql.from of SQLite": 'import "sql"\nsql.from(driverName: "sqlite3", dataSourceName: "FILE", query: "SELECT 1")',
    "socket.from": 'import "socket"\nsocket.from(url: "unix://FILE")',
    "a sample": 'import "influxdata/influxdb/sample"\nsample.data(set: "../../FILE")',
    "a bucket": "from(bucket: \"' UNION SELECT * FROM read_csv('FILE') --\") |> range(start: 0)",
    "an import": 'import "FILE"\nbuckets()',
    "an import from above": 'import "../../../../../../../../FILE"\nbuckets()',
}


@pytest.mark.parametrize("name", FILES)
def test_what_reads_a_file_is_refused(ask: Callable[[str], Any], tmp_path: Path, name: str) -> None:
    """A file of the server that anybody may read: refused, and nothing of what is in it is in the answer."""
    file = tmp_path / "file.csv"
    file.write_text(f"a,b\n{MARK},1\n")
    answer = ask(FILES[name].replace("FILE", str(file)))
    assert answer.status_code in (400, 404), answer.text
    assert MARK not in answer.text


SQL = ("' OR 1=1 --", "'; COPY points TO 'FILE'; --", "\\'; SELECT * FROM read_text('FILE') --", '"; SELECT 1; --')


@pytest.mark.parametrize("text", SQL)
def test_no_text_of_a_query_is_sql(doors: Doors, ask: Callable[[str], Any], tmp_path: Path, text: str) -> None:
    """What stands for a measurement, a field, a tag's name or its value finds nothing and writes no file."""
    file = tmp_path / "file.csv"
    literal = text.replace("FILE", str(file)).replace("\\", "\\\\").replace('"', '\\"')
    for asked in ("_measurement", "_field", "mrn"):
        answer = ask(
            f'from(bucket: "telemetry") |> range(start: 0) |> filter(fn: (r) => r.{asked} == "{literal}") |> count()'
        )
        assert (answer.status_code, answer.text.strip()) == (200, ""), answer.text
    answer = ask(f'from(bucket: "telemetry") |> range(start: 0) |> filter(fn: (r) => r["{literal}"] == "x") |> last()')
    assert (answer.status_code, answer.text.strip()) == (200, ""), answer.text
    assert not file.exists()


def test_the_socket_would_see_who_comes(elsewhere: socket.socket) -> None:
    """What the tests above rest on: who connects is seen, once."""
    socket.create_connection(elsewhere.getsockname()).close()
    assert [came(elsewhere), came(elsewhere)] == [True, False]


def test_there_are_functions_that_reach() -> None:
    """The list is made from the library: http, sql, csv by address and slack are among many."""
    found = {one.id for one in reaching()}
    assert {"http.post", "http.endpoint", "sql.from", "sql.to", "experimental/csv.from", "slack.message"} <= found
    assert len(found) > 50
