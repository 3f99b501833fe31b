"""Columns are written at once; each cell is what the value's own text is."""

import csv as reader
import io

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from influxlite.flux import Result, csv
from influxlite.flux.conversions import float_text, time_text
from influxlite.flux.execute.block import make_block

INT64 = st.integers(-(2**63), 2**63 - 1)
TIMES = st.one_of(INT64, st.integers(-(10**6), 10**6).map(lambda s: s * 10**9), st.just(1_768_003_200_500_000_000))
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "a", 'b,"c"', "d\r\ne"]),
        st.one_of(st.none(), TIMES),
        st.one_of(st.none(), st.floats(), st.integers(-5, 5).map(float)),
        st.one_of(st.none(), st.booleans()),
        st.one_of(st.none(), st.text("xy,\"'\r\n é\\.", max_size=4)),
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(ROWS, st.sampled_from([",", ";"]), st.booleans())
def test_cells(rows: list[tuple], delimiter: str, in_key: bool) -> None:
    """Random times, floats, texts and nulls, in one table or in several, read back as the text of each value."""
    kinds = {"k": "string", "t": "time", "f": "float", "b": "bool", "s": "string"}
    types = [pl.String(), pl.Int64(), pl.Float64(), pl.Boolean(), pl.String()]
    frame = pl.DataFrame(rows, schema=dict(zip(kinds, types, strict=True)), orient="row")
    block = make_block(kinds, ("k",) if in_key else (), frame)
    text = b"".join(csv.encode([Result("r", [block])], annotations=(), delimiter=delimiter)).decode()
    written = [row[3:] for row in reader.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row][1:]
    order = {key: place for place, key in enumerate(dict.fromkeys(row[0] for row in rows))}
    wanted = sorted(rows, key=lambda row: order[row[0]]) if in_key else rows
    assert written == [
        [
            key,
            "" if time is None else time_text(time),
            "" if number is None else float_text(number),
            "" if flag is None else str(flag).lower(),
            (words or "").replace("\r", "").replace("\n", "\r\n"),
        ]
        for key, time, number, flag, words in wanted
    ]


def test_odd_texts_are_written_as_influxdb_does() -> None:
    """A CR goes, a LF becomes CR LF, a leading space and the text `\\.` are quoted, in keys and columns alike."""
    texts = ["x\ry", "p\r\nq", "l\nm", "\r", " lead", "\u3000wide", "\\.", "\\.x", "#x"]
    wanted = ['"xy"', '"p\r\nq"', '"l\r\nm"', '""', '" lead"', '"\u3000wide"', '"\\."', "\\.x", "#x"]
    for text, cell in zip(texts, wanted, strict=True):
        for key in ((), ("s",)):
            block = make_block({"s": "string"}, key, pl.DataFrame({"s": [text]}))
            answer = b"".join(csv.encode([Result("r", [block])], annotations=())).decode()
            assert answer == f",result,table,s\r\n,r,0,{cell}\r\n\r\n"
