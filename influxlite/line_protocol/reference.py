"""The reference parser of line protocol: InfluxDB 2's own reading of every line, good or bad, one at a time.

    body    = line { "\\n" line } ;                     a line break within a quoted string belongs to the string
    line    = [ measurement { "," tag } " " field { "," field } [ " " time ] ] | "#" comment ;
    tag     = key "=" value ;
    field   = key "=" ( float | integer "i" | unsigned "u" | boolean | '"' string '"' ) ;

Where InfluxDB's reading is surprising (a backslash escapes by its neighbour alone, `\\r` belongs to the timestamp) this
reads the same. One difference: bytes that are not UTF-8 become U+FFFD.
"""

import re
import time

from influxlite.line_protocol.errors import LineError, LineProtocolError
from influxlite.line_protocol.points import Field, Point, Tags
from influxlite.line_protocol.values import (
    FALSE,
    MAX_INT,
    MAX_UINT,
    MIN_INT,
    TRUE,
    check_boolean,
    check_number,
    floating,
    integer,
)

PRECISIONS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
MIN_TIME, MAX_TIME = MIN_INT + 2, MAX_INT - 1
MAX_KEY = 65_535  # bytes of measurement and tags, and of both with a field's name
FIELD_SEPARATOR = 4  # bytes that InfluxDB puts between a series' key and the field's name
WHITE = " \t\0"
RESERVED_TAGS = frozenset(("\0", "_field", "_measurement", "time"))

_LINE_MARK = re.compile(r'[\\ =,"\n]')
_COMMA_OR_SPACE = re.compile(r"(?<!\\)[, ]")
_TAG_KEY_END = re.compile(r"(?<!\\)[,= ]")
_EQUALS = re.compile(r"(?<!\\)=")
_FIELD_MARK = re.compile(r'[\\"=, ]')
_VALUE_END = re.compile(r"[, ]")
_VALUE_MARK = re.compile(r'\\["\\]|[",]')
_ESCAPED_TAG = re.compile(r"\\([,= ])")
_ESCAPED_NAME = re.compile(r'\\([,= "])')
_ESCAPED_STRING = re.compile(r'\\([\\"])')


def parse(body: bytes, precision: str = "ns", *, now_ns: int | None = None) -> list[Point]:
    """The points of a body, in order. LineProtocolError when any line cannot be read: then nothing of it counts.

    `precision` is one of `PRECISIONS`; a line without time gets `now_ns` (default: the clock), cut to the precision.
    """
    unit = PRECISIONS[precision]
    now = time.time_ns() if now_ns is None else now_ns
    default = now - now % unit
    points: list[Point] = []
    faults: list[str] = []
    for raw in split_lines(body.decode("utf-8", "replace")):
        line = raw.lstrip(WHITE)
        if not line or line[0] == "#":
            continue
        try:
            points.append(parse_line(line, unit, default))
        except LineError as fault:
            faults.append(f"unable to parse '{line}': {fault}")
    if faults:
        raise LineProtocolError("\n".join(faults))
    return points


def split_lines(text: str) -> list[str]:
    """The lines of a body; a line break after a backslash or within a quoted field value does not end one."""
    if '"' not in text and "\\" not in text:
        return text.split("\n")
    lines: list[str] = []
    start = position = 0
    in_fields = quoted = False
    equals = commas = 0
    while (found := _LINE_MARK.search(text, position)) is not None:
        mark, at = found.group(), found.start()
        position = at + 1
        if mark == "\\":
            position = at + 2 if at + 2 < len(text) else at + 1
        elif mark == " ":
            in_fields = True
        elif mark == "\n":
            if not quoted:
                lines.append(text[start:at])
                start, in_fields, equals, commas = position, False, 0, 0
        elif in_fields and mark == '"':
            quoted = quoted != (equals > commas)
        elif in_fields and not quoted:
            equals, commas = equals + (mark == "="), commas + (mark == ",")
    lines.append(text[start:])
    return lines


def parse_line(line: str, unit: int, default_ns: int) -> Point:
    """One line without leading white space; LineError when it cannot be read. `unit`: ns in one unit of its time."""
    key_end, tag_bounds = scan_key(line)
    pairs = [(key, line[start:stop]) for key, start, stop in tag_bounds]
    for key, _ in pairs:
        if key in RESERVED_TAGS:
            shown = "\\x00" if key == "\0" else key
            raise LineError(f'cannot use reserved tag key "{shown}"')
    if len({key for key, _ in pairs}) < len(pairs):
        raise LineError("duplicate tags")
    key_size = len(line[:key_end].encode())
    if key_size > MAX_KEY:
        raise LineError(f"max key length exceeded: {key_size} > {MAX_KEY}")
    fields_start = skip_white(line, key_end)
    fields_end = scan_fields(line, fields_start)
    raw_fields = split_fields(line[fields_start:fields_end])
    for name, _ in raw_fields:
        size = key_size + FIELD_SEPARATOR + len(name.encode())
        if size > MAX_KEY:
            raise LineError(f"max key length exceeded: {size} > {MAX_KEY}")
    instant = parse_time(line, fields_end, unit, default_ns)
    name_end = tag_bounds[0][1] - len(tag_bounds[0][0]) - 2 if tag_bounds else key_end
    measurement = unescape(_ESCAPED_NAME, line[:name_end])
    tags: Tags = tuple(sorted((unescape(_ESCAPED_TAG, key), unescape(_ESCAPED_TAG, value)) for key, value in pairs))
    return Point(measurement, tags, [read_field(name, value) for name, value in raw_fields], instant)


def unescape(pattern: re.Pattern[str], text: str) -> str:
    """The text without the backslashes that the pattern says are escapes."""
    return pattern.sub(r"\1", text) if "\\" in text else text


def skip_white(line: str, position: int) -> int:
    """The first position from there on that is no space, tab or NUL."""
    while position < len(line) and line[position] in WHITE:
        position += 1
    return position


def scan_key(line: str) -> tuple[int, list[tuple[str, int, int]]]:
    """Where measurement and tags end, and of each tag its key (raw) and where its value starts and stops."""
    if line[0] == ",":
        raise LineError("missing measurement")
    found = _COMMA_OR_SPACE.search(line, 1)
    tags: list[tuple[str, int, int]] = []
    while True:
        if found is None:
            raise LineError("missing fields")
        if found.group() == " ":
            return found.start(), tags
        start = found.end()
        if start >= len(line) or line[start] in " ,=":
            raise LineError("missing tag key")
        equals = _TAG_KEY_END.search(line, start + 1)
        if equals is None or equals.group() != "=":
            raise LineError("missing tag value")
        value = equals.end()
        if value >= len(line) or line[value] in ", ":
            raise LineError("missing tag value")
        found = _TAG_KEY_END.search(line, value + 1)
        if found is not None and found.group() == "=":
            raise LineError("invalid tag format")
        tags.append((line[start : equals.start()], value, found.start() if found else len(line)))


def scan_fields(line: str, start: int) -> int:
    """Where the fields end; LineError when they are not well formed."""
    equals = commas = 0
    quoted = False
    position = start
    end = len(line)
    while (found := _FIELD_MARK.search(line, position)) is not None:
        mark, at = found.group(), found.start()
        position = at + 1
        if mark == "\\":
            position = min(at + 2, end)
        elif mark == '"' and equals > commas:
            quoted = not quoted
        elif mark == "=" and not quoted:
            equals += 1
            position = scan_value(line, at)
        elif mark == "," and not quoted:
            commas += 1
        elif mark == " " and not quoted:
            end = at
            break
    if quoted:
        raise LineError("unbalanced quotes")
    if equals == 0 or commas != equals - 1:
        raise LineError("invalid field format")
    return end


def scan_value(line: str, equals: int) -> int:
    """Check what stands around the equals sign of a field; where to go on: after a bare value, or before a quote."""
    before = line[equals - 1] if equals else " "
    if before in " ," and (equals < 2 or line[equals - 2] != "\\"):
        raise LineError("missing field key")
    if equals + 1 >= len(line) or line[equals + 1] in ", ":
        raise LineError("missing field value")
    first = line[equals + 1]
    if first == '"':
        return equals + 1
    found = _VALUE_END.search(line, equals + 1)
    stop = found.start() if found else len(line)
    if first in "0123456789.-Nn":
        check_number(line[equals + 1 : stop])
    else:
        check_boolean(line[equals + 1 : stop])
    return stop


def split_fields(text: str) -> list[tuple[str, str]]:
    """Name and value of each field, raw."""
    fields: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        equals = _EQUALS.search(text, position)
        at = equals.start() if equals else len(text)
        if at > len(text) - 2:
            raise LineError(f"invalid value: field-key={text[position:at]}")
        stop = scan_raw_value(text, at + 1)
        fields.append((text[position:at], text[at + 1 : stop]))
        position = stop + 1
    return fields


def scan_raw_value(text: str, start: int) -> int:
    """Where a field's value ends: at a comma outside quotes, or at the end."""
    quoted = False
    for found in _VALUE_MARK.finditer(text, start):
        if found.group() == '"':
            quoted = not quoted
        elif found.group() == "," and not quoted:
            return found.start()
    return len(text)


def read_field(name: str, value: str) -> Field:
    """A field from its raw name and value, both checked already."""
    name = unescape(_ESCAPED_NAME, name)
    if value[0] == '"':
        return Field(name, "string", unescape(_ESCAPED_STRING, value[1:-1]))
    if value[0] not in "0123456789-.nNiIu":
        if value in TRUE or value in FALSE:
            return Field(name, "boolean", value in TRUE)
        raise LineError("invalid boolean")
    if value[-1] == "i":
        return Field(name, "integer", integer(value[:-1], MIN_INT, MAX_INT, "ParseInt"))
    if value[-1] == "u":
        return Field(name, "unsigned", integer(value[:-1], 0, MAX_UINT, "ParseUint"))
    return Field(name, "float", floating(value))


def parse_time(line: str, position: int, unit: int, default_ns: int) -> int:
    """The time in ns that stands from there on, or the default where nothing does."""
    start = skip_white(line, position)
    stop = start
    while stop < len(line) and line[stop] not in "\n ":
        if not ("0" <= line[stop] <= "9" or (stop == start and line[stop] == "-")):
            raise LineError("bad timestamp")
        stop += 1
    if stop == start:
        return default_ns
    instant = integer(line[start:stop], MIN_INT, MAX_INT, "ParseInt") * unit
    if not MIN_TIME <= instant <= MAX_TIME:
        raise LineError(f"time outside range {MIN_TIME} - {MAX_TIME}")
    if line[stop:].strip(" "):
        raise LineError("point is invalid")
    return instant
