"""The fast path: a batch of plain lines as columns, without a loop over lines in Python.

It takes what monitors and forwarders send: no escapes, one space between the parts, a time on every line, any number of
tag sets, a few shapes of fields. Anything else, good or bad, it leaves to the reference parser, which decides alone
what an error is: this returns None rather than guess. Where it answers, it answers the same (held by a property test).
"""

import functools

import polars

from influxlite.line_protocol.errors import LineError
from influxlite.line_protocol.points import Column, Columns, Tags
from influxlite.line_protocol.reference import (
    MAX_KEY,
    MAX_TIME,
    MIN_TIME,
    PRECISIONS,
    RESERVED_TAGS,
    parse,
    scan_key,
)
from influxlite.line_protocol.values import FALSE, TRUE

FEWEST_LINES = 48  # with fewer the reference parser is quicker
MOST_SHAPES = 24
UNUSUAL = (b"\\", b"\r", b"\t", b"\0", b"\n\n", b"\n#", b"\n ", b"  ")
VALUE = "=[^,]*"
PLAIN = {
    "float": r"^-?[0-9]{1,11}(\.[0-9]{1,11})?$",
    "integer": r"^-?[0-9]{1,18}i$",
    "unsigned": r"^[0-9]{1,18}u$",
    "string": r'^"[^"]*"$',
}


def parse_columns(body: bytes, precision: str = "ns") -> Columns | None:
    """The lines of a body as columns, or None where the reference parser must read it."""
    if body.count(b"\n", 0, 1 << 16) < FEWEST_LINES or body[:1] in (b"\n", b"#", b" "):
        return None
    if any(mark in body for mark in UNUSUAL):
        return None
    try:
        lines = polars.read_csv(
            body,
            has_header=False,
            separator=" ",
            quote_char=None,
            schema={"key": polars.String, "fields": polars.String, "instant": polars.String},
            truncate_ragged_lines=False,
        )
        return _columns(body, precision, lines)
    except (polars.exceptions.PolarsError, LineError, UnicodeDecodeError):
        return None


def _columns(body: bytes, precision: str, lines: polars.DataFrame) -> Columns | None:
    """The same from the three parts of each line."""
    if lines.height != body.count(b"\n") + (not body.endswith(b"\n")):
        return None
    unit = PRECISIONS[precision]
    instant = lines["instant"]
    if not instant.str.contains(r"^-?[0-9]{1,19}$").all():
        return None
    time = instant.cast(polars.Int64)
    oldest, newest = time.min(), time.max()
    if not isinstance(oldest, int) or not isinstance(newest, int):
        return None
    if not (oldest * unit >= MIN_TIME and newest * unit <= MAX_TIME):
        return None
    texts = lines["key"].unique(maintain_order=True).to_list()
    keys = [read_key(text) for text in texts]
    key = lines["key"].cast(polars.Enum(texts)).to_physical().cast(polars.UInt32)
    frame = polars.DataFrame({"key": key, "time": time * unit, "fields": lines["fields"]})
    longest_key = max(map(len, texts))
    columns = _uniform(frame, longest_key)
    if columns is None:
        columns = _shapes(frame, longest_key)
    if columns is None:
        return None
    return Columns(lines.height, keys, columns, oldest * unit, lambda: parse(body, precision))


@functools.lru_cache(maxsize=65_536)
def read_key(text: str) -> tuple[str, Tags]:
    """Measurement and tags of a key without escapes; LineError where the reference parser must look at it."""
    end, bounds = scan_key(text + " ")
    tags = tuple(sorted((key, text[start:stop]) for key, start, stop in bounds))
    names = {key for key, _ in tags}
    if end != len(text) or text[0] == "#" or len(names) < len(tags) or names & RESERVED_TAGS:
        raise LineError("not a plain key")
    return text.split(",", 1)[0], tags


def _shapes(frame: polars.DataFrame, longest_key: int) -> list[Column] | None:
    """Lines of several shapes: each shape by itself, then each field's values in line order again."""
    shape = frame["fields"].str.replace_all(VALUE, "")
    if not 1 < shape.n_unique() <= MOST_SHAPES:
        return None
    merged: dict[tuple[str, str], list[polars.DataFrame]] = {}
    numbered = frame.with_columns(shape=shape).with_row_index("line")
    for part in numbered.partition_by("shape", maintain_order=True):
        columns = _uniform(part, longest_key)
        if columns is None:
            return None
        for column in columns:
            whole = column.frame.with_columns(part["line"])
            merged.setdefault((column.field, column.kind), []).append(whole)
    return [
        Column(field, kind, polars.concat(parts).sort("line").select("key", "time", "value"))
        for (field, kind), parts in merged.items()
    ]


def _uniform(frame: polars.DataFrame, longest_key: int) -> list[Column] | None:
    """Lines that all have the fields of the first, in its order; None where one has not."""
    pairs = [pair.split("=", 1) for pair in frame["fields"][0].split(",")]
    names = [pair[0] for pair in pairs]
    if any(len(pair) != 2 or not pair[0] or '"' in pair[0] for pair in pairs) or len(set(names)) < len(names):
        return None
    if "time" in names or longest_key + max(map(len, names)) > MAX_KEY // 8:
        return None
    parts = frame["fields"].str.split_exact(",", len(names)).struct.unnest()
    if parts.to_series(len(names)).null_count() < frame.height:
        return None
    columns: list[Column] = []
    for position, (name, first) in enumerate(pairs):
        part = parts.to_series(position)
        if part.null_count() or not part.str.starts_with(f"{name}=").all():
            return None
        kind = _kind(first)
        value = _values(part.str.slice(len(name) + 1), kind)
        if value is None:
            return None
        columns.append(Column(name, kind, frame.select("key", "time", value.alias("value"))))
    return columns


def _kind(value: str) -> str:
    """What kind a value looks like."""
    if value in TRUE or value in FALSE:
        return "boolean"
    return {"i": "integer", "u": "unsigned", '"': "string"}.get(value[-1:], "float")


def _values(text: polars.Series, kind: str) -> polars.Series | None:
    """The values of a column, or None where one of them is not plainly of this kind."""
    if kind == "boolean":
        value = text.is_in(list(TRUE))
        return value if (value | text.is_in(list(FALSE))).all() else None
    if not text.str.contains(PLAIN[kind]).all():
        return None
    if kind == "float":
        return text.cast(polars.Float64)
    if kind == "string":
        return text.str.slice(1, text.str.len_chars() - 2)
    return text.str.head(-1).cast(polars.Int64 if kind == "integer" else polars.UInt64)
