"""No value of a parameter changes what is asked: it is compared as it stands, on every InfluxDB."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from query import FluxError, Ward, question, questions
from tests.influx_servers import Influx

HOSTILE = [
    '5001" or r.mrn != "',
    '5001") |> yield(name: "all") //',
    "${params.bucket}",
    "$${x} \\${y}",
    "\\",
    '\\"',
    '5001\n|> drop(columns: ["mrn"])',
    "\r\n\t\v\b",
    "/.*/",
    "=~ /./",
    "5001 ",
    "mrn",
    "ä€𝕏 \u202e\u2028 e\u0301",
    "\0",
    "\x7f\x1b[2J",
    "'; DROP TABLE points; --",
    "{{mrn}} :mrn %s $1",
    "x" * 10_000,
]
TAGS = [text for text in HOSTILE if not set(text) & set("\0\n\r") and not text.endswith("\\")]
"""Those that line protocol can hold as a tag."""


def as_it_comes(text: str) -> str:
    """A text without its CRs: InfluxDB leaves those out of its answers."""
    return text.replace("\r", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_mrn_matches_nobody(ward: Ward, text: str) -> None:
    """No row comes back for an MRN that nobody has, however it is spelt, and the query still runs."""
    assert ward.breath_rate(mrn=text, night="2026-03-28").is_empty()
    assert ward.cohort(rooms=[text], night="2026-03-28").is_empty()
    assert as_it_comes(text) in ward.quiet_rooms(rooms=[text], start="2026-03-28", stop="2026-03-29")["room"].to_list()


@pytest.mark.parametrize("text", TAGS)
def test_a_hostile_mrn_is_found_by_its_own_name(influx: Influx, ward: Ward, text: str) -> None:
    """A series whose tag is that very text is found by it, and no other: the literal says what was given."""
    tag = re.sub(r"([,= ])", r"\\\1", text[:200])
    with influx.bucket() as bucket:
        lines = f"cpap,mrn={tag},room=1 breath_rate=7 1774724400000\ncpap,mrn=5001,room=1 breath_rate=9 1774724400000"
        written = influx.write(bucket, lines, "ms")
        assert written.status_code == 204, written.text
        asked = Ward(ward.connection, bucket=bucket)
        frame = asked.readings(mrn=text[:200], night="2026-03-28")
        assert frame.select("mrn", "breath_rate").rows() == [(text[:200], 7.0)]


@pytest.mark.parametrize("name", sorted(questions()))
@pytest.mark.parametrize("text", HOSTILE[:5])
def test_nothing_but_the_record_differs(name: str, text: str) -> None:
    """Whatever a parameter holds, every line but that of `params` is the same, and it stays one line."""
    asked = question(name)
    calm: dict[str, Any] = {p.name: "x" for p in asked.parameters if p.type.name == "string" and p.name != "timezone"}
    lists: dict[str, Any] = {p.name: ["x"] for p in asked.parameters if p.type.name == "[string]"}
    plain = asked.bind({**calm, **lists}).splitlines()
    other = asked.bind({**dict.fromkeys(calm, text), **{key: [text] for key in lists}}).splitlines()
    assert len(plain) == len(other)
    differing = [line for line, same in zip(other, plain, strict=True) if line != same]
    assert all(line.startswith("params = {") for line in differing)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=st.text(st.characters(codec="utf-8"), max_size=40))
def test_text_comes_back_as_it_went(ward: Ward, text: str) -> None:
    """A string literal means the text that it was made from, to the last character, on every server."""
    asked = question("readings").bind({"mrn": text}).split("\n\n", 1)[0]
    flux = f'import "array"\n{asked}\narray.from(rows: [{{same: params.mrn == "", text: "<" + params.mrn + ">"}}])'
    try:
        (row,) = ward.flux(flux).rows(named=True)
    except FluxError as fault:
        pytest.fail(f"{fault}")
    assert row["same"] is (text == "")
    assert as_it_comes(row["text"]) == f"<{as_it_comes(text)}>"
