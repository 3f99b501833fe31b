"""`to` and `wideTo`: rows become points, under the same rules as written lines."""

from __future__ import annotations

import pytest

from influxlite.flux import FluxError, query
from influxlite.flux.csv import encode
from influxlite.storage import Bucket
from tests.influxlite.conftest import Box

HEAD = 'import "array"\nimport "experimental"\nimport "influxdata/influxdb"\nimport "internal/debug"\nimport "math"\n'
TIME = "_time: 2026-01-01T00:00:00Z"
NS = 1_767_225_600_000_000_000


def ask(box: Box, script: str, **more: object) -> str:
    """A script's answer as CSV without annotations."""
    results = query(HEAD + script, storage=box.storage, org_id=box.org.id, org_name="ward", **more)  # type: ignore[arg-type]
    return b"".join(encode(results, annotations=())).decode().replace("\r\n", "\n").strip()


def refusal(box: Box, script: str, **more: object) -> str:
    """The code and the message of a script's error."""
    with pytest.raises(FluxError) as caught:
        ask(box, script, **more)
    return f"{caught.value.answer_code}: {caught.value.message}"


def rows(*records: str) -> str:
    """A script's stream of these records."""
    return f"array.from(rows: [{', '.join('{' + record + '}' for record in records)}])"


def test_to_stores_field_value_and_all_other_texts_as_tags(box: Box) -> None:
    """A row's field is what `_field` names, its tags all other columns of strings; other columns are not stored."""
    point = rows(f'{TIME}, _measurement: "m", _field: "f", _value: 1.5, room: "101", empty: "", n: 3')
    answer = ask(box, f'{point} |> to(bucket: "telemetry")')
    assert box.read() == {("m", (("room", "101"),), "f", NS): 1.5}
    assert answer.split("\n")[1] == ",to1,0,2026-01-01T00:00:00Z,m,f,1.5,101,,3"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("1.5", 1.5),
        ("-3", -3),
        ('uint(v: "18446744073709551615")', 2**64 - 1),
        ('"text"', "text"),
        ("true", True),
        ("2026-01-01T00:00:00Z", NS),
    ],
)
def test_every_kind_of_value_is_stored(box: Box, value: str, stored: object) -> None:
    """Floats, integers, unsigned ones, texts, truth values, and instants as integers."""
    ask(box, rows(f'{TIME}, _measurement: "m", _field: "f", _value: {value}') + ' |> to(bucket: "telemetry")')
    found = box.read()[("m", (), "f", NS)]
    assert found == stored
    assert type(found) is type(stored)


@pytest.mark.parametrize("value", ["math.NaN()", "math.mInf(sign: 1)", 'debug.null(type: "float")'])
def test_what_cannot_be_stored_is_left_out(box: Box, value: str) -> None:
    """NaN, the infinite and null make no point, and no error."""
    ask(box, rows(f'{TIME}, _measurement: "m", _field: "f", _value: {value}') + ' |> to(bucket: "telemetry")')
    assert box.read() == {}


def test_rows_without_a_time_are_left_out_of_the_answer_too(box: Box) -> None:
    """A row whose time is null is neither stored nor handed on."""
    points = rows(
        f'{TIME}, _measurement: "m", _field: "f", _value: 1.0',
        '_time: debug.null(type: "time"), _measurement: "m", _field: "f", _value: 2.0',
    )
    assert ask(box, f'{points} |> to(bucket: "telemetry")').count("\n") == 1
    assert list(box.read().values()) == [1.0]


def test_field_fn_makes_the_fields_and_takes_its_columns_from_the_tags(box: Box) -> None:
    """With `fieldFn` the fields are its record's; a column that it asks for is no tag."""
    point = rows(f'{TIME}, _measurement: "m", a: 1, b: "x", t: "y"')
    ask(box, f'{point} |> to(bucket: "telemetry", fieldFn: (r) => ({{a: r.a, text: r.b + "!"}}))')
    assert box.read() == {("m", (("t", "y"),), "a", NS): 1, ("m", (("t", "y"),), "text", NS): "x!"}


def test_other_columns_may_be_named(box: Box) -> None:
    """Time, measurement and tags may stand in columns of other names."""
    point = rows('at: 2026-01-01T00:00:00Z, what: "m", _field: "f", _value: 1.0, t: "x", u: "y"')
    options = 'timeColumn: "at", measurementColumn: "what", tagColumns: ["u"]'
    ask(box, f'{point} |> to(bucket: "telemetry", {options})')
    assert box.read() == {("m", (("u", "y"),), "f", NS): 1.0}


def test_wide_to_stores_a_field_for_each_column(box: Box) -> None:
    """`wideTo` takes measurement and tags from the group key and each other column as a field."""
    point = rows(f'{TIME}, _measurement: "m", room: "101", a: 1, b: 2.5, c: debug.null(type: "int")')
    grouped = f'{point} |> group(columns: ["_measurement", "room"])'
    answer = ask(box, f'{grouped} |> influxdb.wideTo(bucket: "telemetry")')
    tags = (("room", "101"),)
    assert box.read() == {("m", tags, "a", NS): 1, ("m", tags, "b", NS): 2.5}
    assert ",wide-to2,0," in answer


def test_a_write_without_a_yield_is_done_and_a_yield_names_its_result(box: Box) -> None:
    """A stream that is only assigned is written all the same; a later step's result takes the place of the write's."""
    point = rows(f'{TIME}, _measurement: "m", _field: "f", _value: 1.0')
    assert ",to1,0," in ask(box, f'x = {point} |> to(bucket: "telemetry")')
    assert box.read()
    answer = ask(box, f'{point} |> to(bucket: "telemetry") |> map(fn: (r) => ({{v: r._value}})) |> yield(name: "y")')
    assert answer == ",result,table,v\n,y,0,1"


def test_chain_reads_what_was_written_before(box: Box) -> None:
    """The second stream of `chain` finds what the first one has stored."""
    point = rows(f'{TIME}, _measurement: "m", _field: "f", _value: 1.0')
    read = 'from(bucket: "telemetry") |> range(start: 0) |> keep(columns: ["_value"])'
    script = f'experimental.chain(first: {point} |> to(bucket: "telemetry"), second: {read})'
    assert ask(box, script).endswith("\n,_result,0,1")


POINT = f'{TIME}, _measurement: "m", _field: "f", _value: 1'
REFUSALS = [
    (f'{TIME}, _field: "f", _value: 1', 'bucket: "telemetry"', "no column with label _measurement exists"),
    ('_measurement: "m", _field: "f", _value: 1', 'bucket: "telemetry"', "no time column detected"),
    (f'{TIME}, _measurement: "m", _value: 1', 'bucket: "telemetry"', "table has no _field column"),
    (POINT, "", 'missing required keyword argument "bucketID"'),
    (f"{POINT}, t: 1", 'bucket: "telemetry", tagColumns: ["t"]', "invalid type for tag"),
    (POINT, 'bucket: "nowhere"', 'could not find bucket "nowhere"'),
    (POINT, 'bucket: "telemetry", org: "x"', 'could not find org "x"'),
    (POINT, 'bucket: "telemetry", host: "http://x"', "another host"),
]


@pytest.mark.parametrize(("record", "options", "why"), REFUSALS)
def test_a_wrong_write_is_refused_and_stores_nothing(box: Box, record: str, options: str, why: str) -> None:
    """What `to` cannot do it says, and nothing is stored."""
    with pytest.raises(FluxError, match=why):
        ask(box, f"{rows(record)} |> to({options})")
    assert box.read() == {}


def test_a_conflict_of_types_is_the_writes_own_error(box: Box) -> None:
    """A value of another type than the field has is refused in the words of a write."""
    box.write(f"m f=1.5 {NS}")
    message = refusal(box, rows(f'{TIME}, _measurement: "m", _field: "f", _value: 1') + ' |> to(bucket: "telemetry")')
    assert message.startswith("unprocessable entity: partial write: field type conflict")
    assert list(box.read().values()) == [1.5]


def test_a_reader_may_not_write(box: Box) -> None:
    """Whoever may not write to a bucket cannot do so by a query."""
    script = rows(f'{TIME}, _measurement: "m", _field: "f", _value: 1') + ' |> to(bucket: "telemetry")'
    message = refusal(box, script, may_write=lambda _: False)
    assert message == "forbidden: failed to initialize execute state: user not authorized to write"
    assert box.read() == {}


def test_a_bucket_of_others_is_not_there(box: Box) -> None:
    """To whoever may neither read nor write it, a write tells no bucket that is there from one that is not."""
    script = rows(f'{TIME}, _measurement: "m", _field: "f", _value: 1') + ' |> to(bucket: "telemetry")'
    message = refusal(box, script, may_write=lambda _: False, may_read=lambda _: False)
    assert message == 'not found: failed to initialize execute state: could not find bucket "telemetry"'
    assert box.read() == {}


@pytest.mark.parametrize("pushdown", [True, False])
def test_cardinality_counts_series_of_the_range(box: Box, pushdown: bool) -> None:
    """A measurement with its tags counts once however many fields it has, and only where it has a point."""
    box.write(f"m,t=a f=1,g=2 {NS}\nm,t=b f=1 {NS}\nn f=1 {NS + 10**9}\nm,t=c f=1 {NS + 10**12}")
    start, stop = "start: 2026-01-01T00:00:00Z", "stop: 2026-01-01T00:00:10Z"
    counted = f'influxdb.cardinality(bucket: "telemetry", {start}, {stop}'
    assert ask(box, counted + ")", pushdown=pushdown).endswith(",3")
    assert ask(box, counted + ', predicate: (r) => r._field == "g")', pushdown=pushdown).endswith(",1")
    assert ask(box, counted.replace("2026", "2025") + ")", pushdown=pushdown).endswith(",0")


KEYS = ("_start", "_stop", "_field", "_measurement")


@pytest.mark.parametrize("package", ["influxdata/influxdb/schema", "influxdata/influxdb/v1"])
@pytest.mark.parametrize("pushdown", [True, False])
def test_schema_and_its_older_names_agree(box: Box, package: str, pushdown: bool) -> None:
    """What is in a bucket is answered by package schema, and by v1 under the same names."""
    box.write(f"m,room=101 f=1,g=2 {NS}\nn,ward=3 f=1 {NS}")
    asked = {
        "measurements(bucket: B, start: 0)": ["m", "n"],
        'measurementTagKeys(bucket: B, measurement: "m", start: 0)': [*KEYS, "room"],
        'tagValues(bucket: B, tag: "room", start: 0)': ["101"],
        'measurementFieldKeys(bucket: B, measurement: "m", start: 0)': ["f", "g"],
        'fieldKeys(bucket: B, predicate: (r) => r._measurement == "n", start: 0)': ["f"],
    }
    for call, wanted in asked.items():
        script = f'import s "{package}"\nB = "telemetry"\ns.{call}'
        results = query(script, storage=box.storage, org_id=box.org.id, org_name="ward", pushdown=pushdown)
        found = [value for result in results for block in result.tables for value in block.column("_value")]
        assert found == wanted, call


def test_another_bucket_is_named_by_its_id(box: Box) -> None:
    """`bucketID` names the bucket that is written to."""
    other = box.storage.save(Bucket("00000000000000aa", box.org.id, "other", "user", 0, 0, 0, ""))
    script = rows(f'{TIME}, _measurement: "m", _field: "f", _value: 1') + f' |> to(bucketID: "{other.id}")'
    ask(box, script)
    assert box.read() == {}
    assert list(box.read(bucket=other).values()) == [1]
