"""Packages that speak as InfluxDB 1 did: its answers as tables, buckets as its databases, a read like its SELECT.

InfluxDB 2.9.1 ends `v1.json` and `v1.databases` in an error: held here is what Flux's own reader of such answers does.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from influxlite.flux import FluxError, query
from influxlite.flux.csv import encode
from tests.influxlite.conftest import Box

TABLES = """\
#datatype,string,long,dateTime:RFC3339,string,string,string,string,double
#group,false,false,false,true,true,true,true,false
#default,_result,,,,,,,
,result,table,_time,_measurement,mrn,room,_field,_value
,,0,2026-01-01T00:00:00Z,cpap,5001,101,spo2,95
,,0,2026-01-01T00:01:00.5Z,cpap,5001,101,spo2,96

#datatype,string,long,dateTime:RFC3339,string,string,string,string,string
#group,false,false,false,true,true,true,true,false
#default,_result,,,,,,,
,result,table,_time,_measurement,mrn,room,_field,_value
,,1,2026-01-01T00:01:00.5Z,cpap,5001,101,note,late
"""
SERIES = {
    "name": "cpap",
    "tags": {"room": "101", "mrn": "5001"},
    "columns": ["spo2", "time", "note", "nothing"],
    "values": [[95, "2026-01-01T00:00:00Z", None, None], [96, "2026-01-01T00:01:00.5Z", "late", None]],
}


def ask(answer: object) -> str:
    """The tables of an answer of InfluxDB 1, as annotated CSV."""
    given = answer if isinstance(answer, str) else json.dumps(answer)
    script = f'import "influxdata/influxdb/v1"\nv1.json(json: {json.dumps(given)})'
    return b"".join(encode(query(script, storage=None))).decode().replace("\r\n", "\n").rstrip("\n") + "\n"


def test_each_column_of_a_series_is_a_table() -> None:
    """The name, the tags and the column make the key; nulls are left out, and a column of nothing else with them."""
    assert ask({"results": [{"statement_id": 0, "series": [SERIES]}]}) == TABLES


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"error": "no such database"}, "no such database"),
        ({"results": [{"error": "timeout"}]}, "timeout"),
        ("{", "unexpected end of JSON input"),
        ([], "no answer of InfluxDB 1"),
        ({"results": [{"series": [{"columns": ["a"], "values": [[1, 2]]}]}]}, "not as long as its columns"),
        ({"results": [{"series": [{"columns": ["a"], "values": [[1], ["x"]]}]}]}, "several types"),
        ({"results": [{"series": [{"columns": ["time", "a"], "values": [["soon", 1]]}]}]}, "cannot parse"),
        ({"results": [{"series": [{"columns": ["time", "a"], "values": [[5, 1]]}]}]}, "cannot parse"),
    ],
)
def test_what_is_no_such_answer_is_told(answer: object, told: str) -> None:
    """An error inside the answer, or an answer of another form, is the query's error."""
    with pytest.raises(FluxError, match=told):
        ask(answer)


def test_buckets_are_databases(box: Box) -> None:
    """A slash in a bucket's name parts database and policy."""
    bucket = replace(box.bucket, name="cpap/weeks", retention_s=60)
    box.storage.save(bucket)
    script = 'import "influxdata/influxdb/v1"\nv1.databases() |> filter(fn: (r) => r.databaseName !~ /^_/)'
    results = list(query(script, storage=box.storage, org_id=box.org.id, org_name="ward"))
    rows = [row for result in results for block in result.tables for row in block.frame().rows()]
    assert rows == [(box.org.id, "cpap", "weeks", 60_000_000_000, False, bucket.id)]


@pytest.mark.parametrize(
    ("of", "told"),
    [
        ('host: "http://127.0.0.1:1"', "buckets of another server are not asked for"),
        ('org: "other"', "buckets cannot list from a separate organization"),
        ('orgID: "0000000000000001"', "buckets cannot list from a separate organization"),
    ],
)
@pytest.mark.parametrize("call", ["buckets", "v1.databases"])
def test_buckets_of_another_place_are_not_those_of_this_one(box: Box, call: str, of: str, told: str) -> None:
    """A list that names another server or organization is refused, not answered with what is here."""
    script = f'import "influxdata/influxdb/v1"\n{call}({of})'
    with pytest.raises(FluxError, match=told):
        list(query(script, storage=box.storage, org_id=box.org.id, org_name="ward"))


@pytest.mark.parametrize("of", ['org: "other"', 'orgID: "0000000000000001"'])
def test_points_of_another_organization_are_not_those_of_this_one(box: Box, of: str) -> None:
    """So is a read that names another organization, by name or id."""
    script = f'from(bucket: "telemetry", {of}) |> range(start: 0)'
    with pytest.raises(FluxError, match="cannot read from a separate organization"):
        list(query(script, storage=box.storage, org_id=box.org.id, org_name="ward"))


WHOLE = """from(bucket: "telemetry")
    |> range(start: 2026-01-01T00:00:00Z, stop: 2026-02-01T00:00:00Z)
    |> filter(fn: (r) => r._measurement == "cpap" and r.room == "101" and (r._field == "spo2" or r._field == "leak"))
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> drop(columns: ["_measurement", "_start", "_stop"])"""
SELECTED = """import "contrib/jsternberg/influxdb"
influxdb.select(
    from: "telemetry", start: 2026-01-01T00:00:00Z, stop: 2026-02-01T00:00:00Z, m: "cpap",
    fields: ["spo2", "leak"], where: (r) => r.room == "101")"""


def test_select_is_a_read_a_filter_and_a_pivot(box: Box) -> None:
    """What `influxdb.select` gives is what its parts give one after another."""
    box.write(
        """cpap,mrn=1,room=101 spo2=95,leak=3,pressure=9.5 1767225600000000000
cpap,mrn=1,room=101 spo2=96 1767225660000000000
cpap,mrn=2,room=102 spo2=91,leak=5 1767225600000000000
other,room=101 spo2=1 1767225600000000000"""
    )
    answers = [
        b"".join(encode(query(script, storage=box.storage, org_id=box.org.id, org_name="ward")))
        for script in (WHOLE, SELECTED)
    ]
    assert answers[0] == answers[1]
    assert answers[0].count(b",101,") == 2
