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
    scan_key,
)
from influxlite.line_protocol.values import FALSE, TRUE

FEWEST_LINES = 48  # with fewer the reference parser is quicker
MOST_SHAPES = 24
UNUSUAL = (b"\\", b"\r", b"\t", b"\0", b"+")  # single bytes, which are found fast; the rest shows in the columns
VALUE = "=[^,]*"
STRING = r'^"[^"]*"$'
BOOLEANS = [*sorted(TRUE), *sorted(FALSE)]


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
        return _columns(lines, body.count(b"\n") + (not body.endswith(b"\n")), PRECISIONS[precision])
    except (polars.exceptions.PolarsError, LineError, UnicodeDecodeError):
        return None


def _columns(lines: polars.DataFrame, count: int, unit: int) -> Columns | None:
    """The same from the three parts of each line, of which there must be so many; `unit`: ns in one unit of time."""
    if lines.height != count:
        return None
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
    time = lines["time"] * unit if unit > 1 else lines["time"]
    frame = polars.DataFrame([key.cast(polars.UInt32).alias("key"), time, lines["fields"]])
    longest_key = max(map(len, texts))
    block = _block(frame, longest_key)
    blocks = [block] if block is not None else _blocks(frame, longest_key)
    if blocks is None:
        return None
    return Columns(lines.height, list(numbers), blocks, oldest * unit)


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
    *found, rest = [part.null_count() for part in parts.get_columns()]
    if any(found) or rest < frame.height:
        return None
    fields = tuple((name, _kind(first)) for name, first in pairs)
    checks, values, finite = _reading(fields)
    if not all(parts.select_seq(checks).row(0)):
        return None
    try:
        columns = parts.select_seq(values)
    except polars.exceptions.PolarsError:  # a cast that does not hold for every line
        return None
    if not all(columns.select_seq(finite).row(0)):
        return None
    return Block(list(fields), polars.DataFrame([frame["key"], frame["time"], *columns.get_columns()]))


def _kind(value: str) -> str:
    """What kind a value looks like."""
    if value in TRUE or value in FALSE:
        return "boolean"
    return {"i": "integer", "u": "unsigned", '"': "string"}.get(value[-1:], "float")


Expressions = list[polars.Expr]


@functools.lru_cache(maxsize=256)
def _reading(fields: tuple[tuple[str, str], ...]) -> tuple[Expressions, Expressions, Expressions]:
    """How columns of `name=value` are read: what must hold of them, their values, and what must hold of these.

    The values are strict: one that is not of its column's kind is an error. A plus sign was looked for before.
    """
    checks, values, finite = [], [], [polars.lit(True).alias("all")]
    for position, (name, kind) in enumerate(fields):
        pair, column = polars.col(f"field_{position}"), str(position)
        text = pair.str.strip_prefix(f"{name}=")
        checks.append(pair.str.starts_with(f"{name}=").all().alias(column))
        if kind == "boolean":
            value = text.cast(polars.Enum(BOOLEANS)).to_physical() < len(TRUE)
        elif kind == "float":
            value = text.cast(polars.Float64)
            finite.append(polars.col(column).is_finite().all())
        elif kind == "string":
            value = text.str.slice(1, text.str.len_chars() - 2)
            checks.append(text.str.contains(STRING).all().alias(f"{column} quoted"))
        else:
            value = text.str.head(-1).cast(polars.Int64 if kind == "integer" else polars.UInt64)
            checks.append(pair.str.ends_with(kind[0]).all().alias(f"{column} ends"))
        values.append(value.alias(column))
    return checks, values, finite
