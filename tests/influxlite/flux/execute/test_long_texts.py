"""Scripts that would make long texts of short ones are refused before they do, alone and on columns."""

import pytest

from influxlite import flux
from influxlite.flux import operators, texts
from influxlite.flux.errors import FluxError

STRINGS = """import "array"
import "regexp"
import "strings"
a = strings.repeat(v: "a", i: 100000)
one = array.from(rows: [{v: a}])
"""
DOUBLED = "b = a + a\nc = b + b\nd = c + c\ne = d + d\nf = e + e\ng = f + f\nh = g + g\n"
MANY = """import "generate"
import "strings"
a = generate.from(count: 20, fn: (n) => n, start: 2026-01-01T00:00:00Z, stop: 2026-01-02T00:00:00Z)
    |> map(fn: (r) => ({k: strings.repeat(v: "x", i: 2000 + r._value)}))
"""
TEXT, COLUMN = "make more than 10000000 characters", "make a column of more than 100000 characters"
REFUSED = {
    'array.from(rows: [{v: strings.replaceAll(v: a, t: "a", u: a)}])': f"strings.replaceAll would {TEXT}",
    'array.from(rows: [{v: strings.replace(v: a, t: "a", u: a, i: 200)}])': f"strings.replace would {TEXT}",
    'array.from(rows: [{v: strings.replace(v: a, t: "", u: a, i: -1)}])': f"strings.replace would {TEXT}",
    'array.from(rows: [{v: strings.joinStr(arr: [a, a, a], v: strings.repeat(v: a, i: 99))}])': f"joinStr would {TEXT}",
    "array.from(rows: [{v: regexp.replaceAllString(r: /a/, v: a, t: a)}])": f"regexp.replaceAllString would {TEXT}",
    'one |> map(fn: (r) => ({v: strings.replaceAll(v: r.v, t: "a", u: a)}))': f"strings.replaceAll would {TEXT}",
    f"{DOUBLED}array.from(rows: [{{v: h}}])": f"+ would {TEXT}",
    "one |> map(fn: (r) => {\n" + DOUBLED.replace("a + a", "r.v + r.v") + "return {v: h} })": f"+ would {TEXT}",
    "one |> reduce(fn: (r, accumulator) => ({v: accumulator.v + accumulator.v}),"
    ' identity: {v: strings.repeat(v: a, i: 51)})': f"+ would {TEXT}",
}  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_a_long_text_is_refused_beforehand(call: str) -> None:
    """The error names the function and the bound."""
    with pytest.raises(FluxError) as raised:
        evaluated(f"{STRINGS}{call}")
    assert REFUSED[call] in raised.value.message


@pytest.mark.parametrize(
    "expression",
    [
        'strings.replace(v: r.k, t: "x", u: "yyy", i: 9000)',
        'strings.replaceAll(v: r.k, t: "x", u: "yyy")',
        "r.k + r.k + r.k",
    ],
)
def test_texts_of_a_column_are_bounded_together(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them may be short enough: what they are together has a bound as well, met before all are made."""
    monkeypatch.setattr(texts, "MAX_TOGETHER", 100_000)
    monkeypatch.setattr(operators, "MAX_LENGTH", 1_000)
    script = f"{MANY}a |> map(fn: (r) => ({{k: {expression}, other: r.k}}))"
    with pytest.raises(FluxError) as raised:
        evaluated(script)
    assert COLUMN in raised.value.message


def evaluated(script: str) -> list[object]:
    """All tables of a script's only result, which are made as they are asked for."""
    return [table for result in flux.query(script, storage=None) for table in result.tables]


def test_texts_within_the_bound_are_made() -> None:
    """Just below it, and where nothing grows, they are what they always were."""
    script = (
        f'{STRINGS}one |> map(fn: (r) => ({{a: strings.replaceAll(v: r.v, t: "a", u: "{"b" * 100}"),'
        ' b: strings.replaceAll(v: r.v, t: "aa", u: ""), c: strings.replace(v: r.v, t: "a", u: "cc", i: 2)}))'
        " |> map(fn: (r) => ({a: strings.strlen(v: r.a), b: r.b, c: strings.strlen(v: r.c)}))"
    )
    [result] = flux.query(script, storage=None)
    [table] = result.tables
    assert [table.column(name).to_list() for name in ("a", "b", "c")] == [[10_000_000], [""], [100_002]]
