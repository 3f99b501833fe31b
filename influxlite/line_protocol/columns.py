"""The fast path: a batch of plain lines as columns, without a loop over lines in Python.

It takes what monitors and forwarders send: no escapes, one space between the parts, a time on every line, any number of
tag sets, a few shapes of fields. Anything else, good or bad, it leaves to the reference parser, which decides alone
what an error is: this returns None rather than guess. Where it answers, it answers the same (held by a property test).
"""

import functools

import polars

from influxlite.line_protocol.errors import LineError
from influxlite.line_protocol.points import Block, Columns, Tags
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
UNUSUAL = (b"\\", b"\r", b"\t", b"\0", b"+")  # single bytes, which are found fast; the rest shows in the columns
VALUE = "=[^,]*"
STRING = r'^"[^"]*"$'


def parse_columns(body: bytes, precision: str = "ns") -> Columns | None:
    """The lines of a body as columns, or None where the reference parser must read it."""
    if body.count(b"\n", 0, 1 << 16) < FEWEST_LINES:
        return None
    if any(mark in body for mark in UNUSUAL):
        return None
    try:
        lines = polars.read_csv(
            body,
            has_header=False,
            separator=" ",
            quote_char=None,
            schema={"key": polars.String, "fields": polars.String, "time": polars.Int64},
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
    oldest, newest = lines["time"].min(), lines["time"].max()
    if any(part.null_count() for part in lines) or not isinstance(oldest, int) or not isinstance(newest, int):
        return None
    if not (oldest * unit >= MIN_TIME and newest * unit <= MAX_TIME):
        return None
    texts = lines["key"].unique(maintain_order=True).to_list()
    parsed = [read_key(text) for text in texts]
    numbers: dict[tuple[str, Tags], int] = {}
    for pair in parsed:  # tags in another order are another text of the same key
        numbers.setdefault(pair, len(numbers))
    key = lines["key"].cast(polars.Enum(texts)).to_physical()
    if len(numbers) < len(texts):
        key = polars.Series("key", [numbers[pair] for pair in parsed], dtype=polars.UInt32).gather(key)
    frame = polars.DataFrame({"key": key.cast(polars.UInt32), "time": lines["time"] * unit, "fields": lines["fields"]})
    longest_key = max(map(len, texts))
    block = _block(frame, longest_key)
    blocks = [block] if block is not None else _blocks(frame, longest_key)
    if blocks is None:
        return None
    return Columns(lines.height, list(numbers), blocks, oldest * unit, lambda: parse(body, precision))


@functools.lru_cache(maxsize=65_536)
def read_key(text: str) -> tuple[str, Tags]:
    """Measurement and tags of a key without escapes; LineError where the reference parser must look at it."""
    end, bounds = scan_key(text + " ")
    tags = tuple(sorted((key, text[start:stop]) for key, start, stop in bounds))
    names = {key for key, _ in tags}
    if end != len(text) or text[0] == "#" or len(names) < len(tags) or names & RESERVED_TAGS:
        raise LineError("not a plain key")
    return text.split(",", 1)[0], tags


def _blocks(frame: polars.DataFrame, longest_key: int) -> list[Block] | None:
    """Lines of several shapes; None too where the order of lines of different shapes could matter."""
    shape = frame["fields"].str.replace_all(VALUE, "")
    if not 1 < shape.n_unique() <= MOST_SHAPES or frame.select("key", "time").is_duplicated().any():
        return None
    parts = frame.with_columns(shape=shape).partition_by("shape", maintain_order=True)
    blocks = [_block(part, longest_key) for part in parts]
    return [block for block in blocks if block is not None] if None not in blocks else None


def _block(frame: polars.DataFrame, longest_key: int) -> Block | None:
    """Lines that all have the fields of the first, in its order; None where one has not."""
    pairs = [pair.split("=", 1) for pair in frame["fields"][0].split(",")]
    names = [pair[0] for pair in pairs]
    if any(len(pair) != 2 or not pair[0] or '"' in pair[0] for pair in pairs) or len(set(names)) < len(names):
        return None
    if "time" in names or longest_key + max(map(len, names)) > MAX_KEY // 8:
        return None
    parts = frame["fields"].str.split_exact(",", len(names)).struct.unnest()
    fields = [(name, _kind(first)) for name, first in pairs]
    values: list[polars.Expr] = []
    checks = [polars.col(parts.columns[-1]).is_null().all()]
    for position, (name, kind) in enumerate(fields):
        part = polars.col(parts.columns[position])
        value, plain = _value(part.str.slice(len(name) + 1), kind)
        values.append(value.alias(str(position)))
        checks += [part.str.starts_with(f"{name}=").all(), value.is_not_null().all(), plain.all()]
    try:
        found = parts.select(*values, polars.all_horizontal(checks).alias("plain"))
    except polars.exceptions.PolarsError:  # a cast that does not hold for every line
        return None
    if not found["plain"][0]:
        return None
    return Block(fields, frame.select("key", "time").hstack(found.drop("plain")))


def _kind(value: str) -> str:
    """What kind a value looks like."""
    if value in TRUE or value in FALSE:
        return "boolean"
    return {"i": "integer", "u": "unsigned", '"': "string"}.get(value[-1:], "float")


def _value(text: polars.Expr, kind: str) -> tuple[polars.Expr, polars.Expr]:
    """The values of a column, and where they are plainly of this kind. A plus sign was looked for before."""
    if kind == "boolean":
        value = text.is_in(list(TRUE))
        return value, value | text.is_in(list(FALSE))
    if kind == "float":
        value = text.cast(polars.Float64)
        return value, value.is_finite()
    if kind == "string":
        return text.str.slice(1, text.str.len_chars() - 2), text.str.contains(STRING)
    return text.str.head(-1).cast(polars.Int64 if kind == "integer" else polars.UInt64), text.str.ends_with(kind[0])
