"""Wrong programs, and what InfluxDB says of them (recorded from 2.9.1); and right ones, of which it says nothing."""

import inspect
from pathlib import Path

import pytest

import influxlite.flux
from influxlite.flux.errors import FluxError
from influxlite.flux.nodes_json import from_json
from influxlite.flux.parser import parse, report
from influxlite.flux.stdlib import registry
from influxlite.flux.types import check, faults
from influxlite.flux.types.environment import published
from tests.influx_servers import Influx
from tests.influxlite.flux.syntax.tables import records

# Whether a server judges types: influxlite does as soon as its queries call `types.check`.
JUDGED = {"real": True, "influxlite": "influxlite.flux.types" in inspect.getsource(influxlite.flux)}
WRONG = records(Path(__file__).with_name("wrong.txt"))


@pytest.mark.parametrize(("source", "message"), WRONG, ids=[source for source, _ in WRONG])
def test_message(source: str, message: str) -> None:
    """The same faults are found at the same places, in the same words and the same order."""
    with pytest.raises(FluxError) as caught:
        check([parse(source)])
    assert caught.value.message == message
    assert caught.value.code == "invalid"


def test_the_recorded_messages_are_a_servers(influx: Influx) -> None:
    """A server answers each wrong program with this message and the code `invalid`, before it reads anything."""
    if not JUDGED[influx.kind]:
        pytest.skip("a query does not ask `types.check` yet")
    for source, message in WRONG:
        answer = influx.query(source)
        assert answer.status_code == 400, source
        assert answer.json() == {"code": "invalid", "message": message}, source


RIGHT = """
x = 1 + 2 * 3 - 4 / 5 % 6 ^ 7
x = 1.0 < 2
x = 1 == "a"
x = 1 == 1.0 and uint(v: 1) != 2
x = "a" < "b" or 2020-01-01 > 2019-01-01
x = -1h
x = [] y = [1, 2] z = y[0] + 1
x = [:] y = ["a": 1]
x = {a: 1, b: {c: "x"}} y = x.b.c + "z"
x = {a: 1} y = {x with a: "now a string", b: 2}
f = (x) => x a = f(x: 1) + 1 b = f(x: "s") + "t"
f = (x, y=1) => x + y a = f(x: 2)
f = (r) => r.a + 1 x = f(r: {a: 1, b: "other"})
f = (t=<-, n) => t + n x = 1 |> f(n: 2) y = f(t: 1, n: 2)
f = (x) => { y = x + 1 return y } a = f(x: 2)
f = (x) => (y) => x + y g = f(x: 1) z = g(y: 2)
compose = (f, g) => (x) => f(x: g(x: x)) h = compose(f: (x) => x + 1, g: (x) => x * 2) y = h(x: 1)
x = if true then 1 else 2
x = "a ${1 + 2} ${1h} ${2020-01-01} ${true} ${"b"}"
x = not exists {a: 1}.a
import "array" x = array.from(rows: [{a: 1, b: "x"}, {a: 2, b: "y"}])
import m "array" x = m.from(rows: [{a: 1}])
from(bucket: "a") |> range(start: -1h)
from(bucket: "a") |> range(start: -1h, stop: now()) |> filter(fn: (r) => r._measurement == "m" and r._value > 1.0)
from(bucket: "a") |> range(start: 2020-01-01T00:00:00Z) |> map(fn: (r) => ({r with x: r._value * 2.0, y: r.host}))
from(bucket: "a") |> range(start: -1h) |> filter(fn: (r) => r._value > 1) |> filter(fn: (r) => r._value > 1.5)
a = from(bucket: "a") |> range(start: -1h) union(tables: [a, a]) |> yield(name: "x")
f = (tables=<-) => tables |> filter(fn: (r) => r.a == "x") from(bucket: "a") |> range(start: -1h) |> f()
option now = () => 2020-01-01T00:00:00Z x = now()
option task = {name: "t", every: 1h, offset: 5m} x = task.every
option v = {bucket: "a", start: -1h} from(bucket: v.bucket) |> range(start: v.start)
now = () => 2020-01-01T00:00:00Z x = now()
from = (x) => x y = from(x: 1)
r = 1 f = (r) => r.a
builtin f : (a: int) => string x = f(a: 1) + "s"
testcase t { x = 1 } testcase u { x = 2 }
x = [(r) => r.a, (r) => r.b + 1]
""".strip().splitlines()


@pytest.mark.parametrize("source", RIGHT)
def test_right_programs(source: str) -> None:
    """Nothing is said of a program that is right."""
    assert faults([parse(source)]) == []


def test_right_programs_are_right_on_a_server(influx: Influx) -> None:
    """A server finds no type error in them either: it runs them, or says that there is nothing to stream or to read."""
    for source in (s for s in RIGHT if not s.startswith("builtin")):
        answer = influx.query(source)
        assert answer.status_code == 200 or not answer.json()["message"].startswith("error @"), (source, answer.text)


def test_a_name_that_flux_has_and_we_lack_is_not_judged() -> None:
    """It is of any type, so nothing is rejected that InfluxDB accepts; a name that Flux does not have is a fault."""
    assert "_truncate" in published()["date"] - registry.entries("date").keys()
    assert faults([parse('import "date"')]) == []
    assert faults([parse('import "date"\nx = 1 + date._truncate(a: 1).b')]) == []
    (fault,) = faults([parse('import "date"\nx = date._trucnate()')])
    assert str(fault) == "error @2:5-2:9: record is missing label _trucnate"


def test_names_of_one_file_are_known_in_the_next() -> None:
    """A request's extern AST comes first: what it defines has its type in the script."""
    extern = from_json(parse('option v = {start: -1h, bucket: "a"}').to_json())
    assert faults([extern, parse("from(bucket: v.bucket) |> range(start: v.start)")]) == []
    (fault,) = faults([extern, parse("x = v.bucket + 1")])
    assert str(fault) == "error @1:16-1:17: expected string but found int"
    (fault,) = faults([extern, parse("v = 1")])
    assert str(fault) == 'error @1:1-1:6: variable "v" conflicts with option of same name'


def test_imports_end_with_their_file() -> None:
    """What one file imports the next one must import itself."""
    (fault,) = faults([parse('import "array"'), parse("x = array.from")])
    assert str(fault) == "error @1:5-1:10: undefined identifier array"


def test_known_names_are_not_judged() -> None:
    """A name that is defined elsewhere may be used as anything."""
    assert faults([parse('x = params.a + 1\ny = params.b + "s"')], known=["params"]) == []


def test_a_message_has_an_end() -> None:
    """Of ten thousand faults the first are told."""
    with pytest.raises(FluxError) as caught:
        check([parse("\n".join(f"x{i} = y{i}" for i in range(10_000)))])
    assert len(caught.value.message) <= 50_000


def test_deep_programs_are_judged() -> None:
    """A program that is nested as deeply as the parser allows is no trouble."""
    assert faults([parse("x = " + "(" * 60 + "1" + ")" * 60)]) == []
    assert faults([parse("x = 1" + " + 1" * 150)]) == []
    assert faults([parse('from(bucket: "a") |> range(start: -1h)' + " |> limit(n: 1)" * 150)]) == []


TWICE = "p = (x) => ({a: x, b: x})"
INSIDE, OUTSIDE = "p(x: " * 40, ")" * 40
GROWING = {
    "functions": ["p0 = (x) => ({a: x, b: x})", *(f"p{i} = (x) => p{i - 1}(x: p{i - 1}(x: x))" for i in range(1, 30))],
    "records": ["x0 = (x) => x", *(f"x{i} = {{a: x{i - 1}, b: x{i - 1}}}" for i in range(1, 60)), "y = x59 + 1"],
    "calls": [TWICE, f"y = {INSIDE}1{OUTSIDE}", f"z = {INSIDE}2{OUTSIDE}", "q = [y, z]", "r = y == z", "s = y + 1"],
    "unlike calls": [TWICE, f"y = {INSIDE}1{OUTSIDE}", f'z = {INSIDE}"s"{OUTSIDE}', "q = [y, z]", "r = y + z"],
    "rows": [
        "x = {" + ", ".join(f"a{i}: {i}" for i in range(500)) + "}",
        "y = {" + ", ".join(f"a{i}: {i}" for i in reversed(range(500))) + "}",
        "z = [x, y]",
    ],
    "names": ["x0 = (r) => r.a", *(f"x{i} = x{i - 1}" for i in range(1, 1000))],
}


@pytest.mark.parametrize("name", GROWING)
def test_types_that_grow_are_no_trouble(name: str) -> None:
    """A few lines can make a type of any size: it is judged or left, and no message shows all of it."""
    found = faults([parse("\n".join(GROWING[name]))])
    assert all(len(fault.message) < 1_000_000 for fault in found)
    assert len(report(found)) <= 50_000
