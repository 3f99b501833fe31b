"""`option profiler.enabledProfilers` adds tables as InfluxDB 2.9.1 does, and changes nothing else."""

import re

import pytest

from influxlite import flux
from influxlite.flux.csv import encode
from tests.influxlite.conftest import Box
from tests.influxlite.flux.plan.test_pushdown import HOUR, START

SOURCE = 'from(bucket: "telemetry") |> range(start: 2026-01-10T00:00:00Z, stop: 2026-01-11T00:00:00Z)'
QUERY = """#datatype,string,long,string,long,long,long,long,long,long,long,long,long,string,string
#group,false,false,true,false,false,false,false,false,false,false,false,false,false,false
#default,_profiler,,,,,,,,,,,,,
,result,table,_measurement,TotalDuration,CompileDuration,QueueDuration,PlanDuration,RequeueDuration,ExecuteDuration,\
Concurrency,MaxAllocated,TotalAllocated,RuntimeErrors,flux/query-plan
"""
OPERATOR = """#datatype,string,long,string,string,string,long,long,long,long,double
#group,false,false,true,false,false,false,false,false,false,false
#default,_profiler,,,,,,,,,
,result,table,_measurement,Type,Label,Count,MinDuration,MaxDuration,DurationSum,MeanDuration
"""
"""What InfluxDB's tables begin with, for a script that reads no bucket."""


def _ask(box: Box, profilers: str, script: str) -> str:
    box.write("".join(f"cpap,room={100 + i % 3} x={i % 7} {START + i * HOUR // 9}\n" for i in range(60)))
    head = f'import "array"\nimport "profiler"\noption profiler.enabledProfilers = [{profilers}]\n'
    results = flux.query(head + script, storage=box.storage, org_id=box.org.id, org_name="ward")
    return b"".join(encode(results)).decode().replace("\r\n", "\n")


def _parts(answer: str) -> list[str]:
    """The tables of the profilers, each with its annotations."""
    return re.split(r"\n(?=#datatype)", answer.split("#default,_result")[-1])[1:]


def test_tables_are_those_of_influxdb(box: Box) -> None:
    """Columns, kinds and key are InfluxDB's, in the order in which the profilers are named."""
    first, second = _parts(
        _ask(box, '"query", "nope", "operator", "query"', "array.from(rows: [{a: 1}]) |> limit(n: 1)")
    )
    assert first.startswith(QUERY)
    assert second.startswith(OPERATOR)
    first, second = _parts(_ask(box, '"operator", "query"', "array.from(rows: [{a: 1}])"))
    assert first.startswith(OPERATOR)
    assert second.startswith(QUERY)


def test_the_plan_is_told_with_what_the_storage_does(box: Box) -> None:
    """Steps that DuckDB does are one; the rows that it gave and the bytes of their tables are counted."""
    query, operators = _parts(
        _ask(box, '"query", "operator"', f"{SOURCE} |> mean() |> map(fn: (r) => ({{a: r._value}}))")
    )
    nodes = '""merged_from0_range1_mean2""', '""map3""'
    edge = " -> ".join(nodes)
    assert f'"digraph {{\n  {nodes[0]}\n  {nodes[1]}\n\n  {edge}\n}}\n"' in query
    assert "influxdb/scanned-bytes,influxdb/scanned-values" in query
    size, values = query.rstrip().rsplit("\n", 1)[-1].split(",")[1:]
    assert int(values) == 3
    assert int(size) > 0
    rows = [line.split(",") for line in operators.strip().split("\n")[4:]]
    assert [row[4:6] for row in rows] == [["influxlite.read", "merged_from0_range1_mean2"], ["universe.map", "map3"]]
    total, compiling, queued, planning, again, running = map(int, query.split("profiler/query,")[1].split(",")[:6])
    assert (queued, again, total) == (0, 0, compiling + planning + running)
    assert 0 < sum(int(row[9]) for row in rows) <= running


@pytest.mark.parametrize("profilers", ["", '""', '"nope"'])
def test_no_profiler_adds_no_table(box: Box, profilers: str) -> None:
    """Names of no profiler are passed over."""
    assert "_profiler" not in _ask(box, profilers, f"{SOURCE} |> mean()")


def test_what_writes_does_so(box: Box) -> None:
    """A measured query writes what it would write, unlike an explained one."""
    row = '{_time: 2026-01-10T05:00:00Z, _measurement: "m", _field: "new", _value: 1.0}'
    assert _parts(_ask(box, '"query"', f'array.from(rows: [{row}]) |> to(bucket: "telemetry")') + "\n")
    assert ",1,m" in _ask(
        box, "", f'{SOURCE} |> filter(fn: (r) => r._field == "new") |> keep(columns: ["_value", "_measurement"])'
    )
