"""A reading as a monitor sends it: strict types, closed fields, bounds; checked before anything else looks at it.

`Reading` is the contract's table. `parse_object`, `parse_array` and `parse_lines` turn a body into `Incoming`, what the
rest of the package works on, or into problems that name the field and never the value. Most readings `plain` reads.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from ingest import images, plain
from ingest.clock import PATTERN, parse_ms
from ingest.errors import Malformed, NotAllowed, Problem, TooLarge
from ingest.incoming import Incoming
from ingest.line_protocol import field_set

IDENTIFIER = r"^[A-Za-z0-9-]{1,32}$"
DEVICE = r"^[A-Za-z0-9._:-]{1,64}$"
IMAGE = (  # base64 that begins as that of a PNG or of a JPEG does
    r"^(iVBORw0KGg[o-r][A-Za-z0-9+/]|/9j/)([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
)
MOST_ITEMS = 10_000
NAME_LENGTH = 200
_MOST_QUOTES = 128  # a reading with every field has 40
_MOST_COMMAS = 16 + NAME_LENGTH  # between its fields, and in its name
_MOST_DIGITS = 50  # a number that has more is beyond every bound, and so are its first ones
_MOST_ERRORS = 20
_SPEAKABLE = re.compile(r"[A-Za-z_][a-z0-9_]{0,39}")
_PYDANTICS_WORDS = re.compile("(Input|String|List) should")
_FOR_IDENTIFIER = "must be a whole number of at least 0, or 1 to 32 letters, digits or hyphens"

Identifier = Annotated[int, Field(ge=0, lt=10**32)] | Annotated[str, Field(pattern=IDENTIFIER)]
Instant = Annotated[str, Field(json_schema_extra={"pattern": PATTERN, "examples": ["2026-01-10T22:00:00Z"]})]
Person = Annotated[
    str, Field(min_length=1, max_length=NAME_LENGTH, json_schema_extra={"pattern": r"^[!-~]+( [!-~]+)*$"})
]
Image = Annotated[str, Field(min_length=1, json_schema_extra={"pattern": IMAGE})]


@with_config(ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))
class Reading(TypedDict):
    """One reading: room, MRN, and at least one measurement or a name."""

    room: Identifier
    mrn: Identifier
    time: NotRequired[Annotated[Instant, Field(description="when it was measured; default: the server's clock")]]
    cpap_pressure: NotRequired[Annotated[float, Field(ge=0, le=60, description="cmH2O")]]
    breath_rate: NotRequired[Annotated[float, Field(ge=0, le=150, description="/min")]]
    apnea_count: NotRequired[Annotated[int, Field(ge=0, le=1000, description="events since the reading before")]]
    leak_rate: NotRequired[Annotated[float, Field(ge=0, le=300, description="L/min")]]
    spo2: NotRequired[Annotated[float, Field(ge=0, le=100, description="%")]]
    mask_on: NotRequired[bool]
    flow_image: NotRequired[Annotated[Image, Field(description="base64 of a PNG or JPEG")]]
    name: NotRequired[Person]
    device: NotRequired[Annotated[str, Field(pattern=DEVICE, description="default: the name of the token")]]
    sent_at: NotRequired[Annotated[Instant, Field(description="the device's own clock as it sends")]]


READING = TypeAdapter(Reading)


class _Repeated(dict[str, Any]):
    """An object of which a key came twice; `key` is that key."""

    key = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated, seen = _Repeated(found), set()
    for key, _ in pairs:
        if key in seen:
            repeated.key = key
            break
        seen.add(key)
    return repeated


def read_json(body: bytes) -> Any:
    """The JSON value of a body, objects with a repeated key marked; raises `Malformed` when it is not JSON in UTF-8."""
    try:
        text = body.decode("utf-8")
        try:
            return json.loads(text, object_pairs_hook=_object)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a number of more digits than Python reads: it spoils its own item alone
            return json.loads(text, object_pairs_hook=_object, parse_int=lambda digits: int(digits[:_MOST_DIGITS]))
    except (ValueError, RecursionError):
        raise Malformed("malformed-json", "The body is not JSON in UTF-8, or is nested too deeply.") from None


def parse_object(body: bytes) -> Incoming:
    """The reading of a JSON object; raises `Malformed` or `NotAllowed`."""
    return plain.read_object(body) or examine_object(body)


def examine_object(body: bytes) -> Incoming:
    """As `parse_object`, but slower: it takes every reading that is one, and knows what is wrong with others."""
    _check_quotes(body, _MOST_QUOTES)
    try:
        fields = READING.validate_json(body)
    except ValidationError as error:
        raise problem_of(error) from None
    if not _each_key_once(body, fields):
        check_repeated(read_json(body))
    return _incoming(fields)


def parse_array(body: bytes) -> list[Incoming] | list[Incoming | Problem]:
    """Each item of a JSON array: its reading, or its own problem.

    Raises `Malformed` when it is no JSON or empty, `TooLarge` over 10,000 items.
    """
    _check_quotes(body, _MOST_QUOTES * MOST_ITEMS)
    readings = plain.read_array(body, MOST_ITEMS)
    if readings:
        return readings
    if body.count(b",") > _MOST_COMMAS * MOST_ITEMS:
        raise too_many()
    values = read_json(body)
    if not values:
        raise Malformed("empty-batch", "The array holds no reading.")
    if len(values) > MOST_ITEMS:
        raise too_many()
    return [_attempt(_checked, value) for value in values]


def parse_lines(body: bytes) -> list[Incoming] | list[Incoming | Problem]:
    """Each line of NDJSON: its reading, or its own problem; blank lines are skipped.

    Raises `Malformed` when there is no line, `TooLarge` over 10,000 lines.
    """
    if body.count(b"\n") > 4 * MOST_ITEMS:
        raise too_many()
    readings = plain.read_lines(body.strip(), MOST_ITEMS)
    if readings:
        return readings
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not lines:
        raise Malformed("empty-batch", "The body holds no line.")
    if len(lines) > MOST_ITEMS:
        raise too_many()
    return [_attempt(parse_object, line) for line in lines]


def too_many() -> TooLarge:
    """The answer to a batch of more items than one may have."""
    return TooLarge("too-many-items", f"A batch has at most {MOST_ITEMS} items. Send it in parts.")


def check_repeated(value: Any) -> None:
    """Raises `NotAllowed` when a key of this object came twice."""
    if isinstance(value, _Repeated):
        raise NotAllowed(
            "duplicate-key", "A key appears twice in one object.", [(speakable(value.key), "appears twice")]
        )


def speakable(key: str) -> str:
    """A key that was sent, if it looks like the name of a field; what else it might be is not repeated."""
    return key if _SPEAKABLE.fullmatch(key) else "(unknown field)"


def problem_of(error: ValidationError) -> Problem:
    """The problem document of pydantic's findings: 400 where it is no JSON, else 422 with a message a field."""
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False, include_context=False)[:_MOST_ERRORS]:
        where = fault["loc"]
        if fault["type"] == "json_invalid":
            return Malformed("malformed-json", "The body is not JSON in UTF-8, or is nested too deeply.")
        if not where:
            return NotAllowed("invalid-reading", "The body is no JSON object.", [("body", "must be a JSON object")])
        field = speakable(str(where[0]))
        if fault["type"] == "extra_forbidden":
            found[field] = "is not a field of this call"
        elif fault["type"] == "missing":
            found[field] = "is required"
        elif field in ("room", "mrn", "to") or (field == "rooms" and len(where) > 1):
            found[field] = _FOR_IDENTIFIER
        else:
            found[field] = _PYDANTICS_WORDS.sub("must", fault["msg"], 1).partition(", unable")[0].partition(" after")[0]
    fields = ", ".join(found)
    return NotAllowed("invalid-reading", f"Not allowed: {fields}.", found.items())


def single_problem(field: str, message: str) -> NotAllowed:
    """422 for one field."""
    return NotAllowed("invalid-reading", f"Not allowed: {field}.", [(field, message)])


def instant(field: str, text: str) -> int:
    """Milliseconds of a field's RFC 3339 text; raises `NotAllowed` with its name."""
    try:
        return parse_ms(text)
    except ValueError as error:
        raise single_problem(field, str(error)) from None


def person(text: str) -> str:
    """A patient's name, checked: not blank and nothing invisible; raises `NotAllowed`."""
    if not text.strip() or not text.isprintable():
        raise single_problem("name", "must not be blank and hold printable characters only")
    return text


def _check_quotes(body: bytes, most: int) -> None:
    """Refuse what has far more keys than readings have before a parser makes an error of each."""
    if body.count(b'"') - body.count(b'\\"') > most:
        raise NotAllowed("invalid-reading", "It has far more fields than readings have.", [("body", "too many fields")])


def _each_key_once(body: bytes, fields: Mapping[str, Any]) -> bool:
    """Whether no key can have come twice: every quote of the body belongs to a key or text that was read.

    False may also mean that a text holds an escape, which only a slower look can tell.
    """
    texts = sum(type(value) is str for value in fields.values())
    return body.count(b'"') == 2 * (len(fields) + texts)


def _checked(value: Any) -> Incoming:
    check_repeated(value)
    if isinstance(value, dict) and len(value) > _MOST_QUOTES:
        raise NotAllowed("invalid-reading", "It has far more fields than readings have.", [("body", "too many fields")])
    try:
        return _incoming(READING.validate_python(value))
    except ValidationError as error:
        raise problem_of(error) from None


def _attempt(parse: Any, value: Any) -> Incoming | Problem:
    try:
        return parse(value)
    except Problem as problem:
        return problem


def _incoming(read: Reading) -> Incoming:
    """What pydantic cannot say in a type: the times, the image, the name, and that there is something to keep."""
    get = read.get
    time, name, sent_at, encoded = get("time"), get("name"), get("sent_at"), get("flow_image")
    image = digest = None
    if encoded is not None:
        try:
            image = images.decode(encoded)
        except ValueError as error:
            raise single_problem("flow_image", str(error)) from None
        digest = images.digest(image)
    fields = field_set(read, digest)
    if not fields and name is None:
        raise NotAllowed(
            "empty-reading", "A reading has at least one measurement, or a name.", [("body", "has no measurement")]
        )
    return Incoming(
        str(read["room"]),
        str(read["mrn"]),
        None if time is None else instant("time", time),
        fields,
        None if name is None else person(name),
        get("device"),
        None if sent_at is None else instant("sent_at", sent_at),
        image,
    )
