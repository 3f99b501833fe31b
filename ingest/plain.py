"""The readings that nearly every monitor sends, read and checked by msgspec: a fifth of what pydantic takes for them.

What this reads, `reading` would read too, and make the same of; for everything else (a name, an image, an escape, a
fault of any kind) it gives None, and `reading` looks at it again and says what is wrong. The tests hold the two
against each other.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ingest.clock import parse_ms
from ingest.incoming import Incoming
from ingest.line_protocol import FloatTexts, field_set

_Identifier = Annotated[int, Meta(ge=0)] | Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,32}\Z")]
_LONGEST_NUMBER = 10**32


class _Plain(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """`reading.Reading` without its name and its image."""

    room: _Identifier
    mrn: _Identifier
    time: str | UnsetType = UNSET
    cpap_pressure: Annotated[float, Meta(ge=0, le=60)] | UnsetType = UNSET
    breath_rate: Annotated[float, Meta(ge=0, le=150)] | UnsetType = UNSET
    apnea_count: Annotated[int, Meta(ge=0, le=1000)] | UnsetType = UNSET
    leak_rate: Annotated[float, Meta(ge=0, le=300)] | UnsetType = UNSET
    spo2: Annotated[float, Meta(ge=0, le=100)] | UnsetType = UNSET
    mask_on: bool | UnsetType = UNSET
    device: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}\Z")] | UnsetType = UNSET
    sent_at: str | UnsetType = UNSET


_DECODER = msgspec.json.Decoder(_Plain)
_ARRAY = msgspec.json.Decoder(list[_Plain])
_TEXTS = FloatTexts()
_MEASUREMENTS = ("cpap_pressure", "breath_rate", "apnea_count", "leak_rate", "spo2", "mask_on")


def read_object(body: bytes) -> Incoming | None:
    """The reading of a JSON object."""
    try:
        found = _incoming([_DECODER.decode(body)], body)
    except ValueError:  # msgspec's errors, broken UTF-8 and times that are none
        return None
    return found[0] if found else None


def read_array(body: bytes, most: int) -> list[Incoming] | None:
    """The readings of a JSON array of 1 to `most` of them."""
    if body.count(b"{") > most:
        return None
    try:
        return _incoming(_ARRAY.decode(body), body)
    except ValueError:
        return None


def read_lines(body: bytes, most: int) -> list[Incoming] | None:
    """The readings of NDJSON without blank lines, 1 to `most`.

    Each line begins with `{`, there are as many readings as lines, and no text holds a line break (JSON forbids it) and
    no reading a second `{` outside its texts: so each line is exactly one reading.
    """
    breaks = body.count(b"\n")
    if breaks >= most or not body.startswith(b"{") or body.count(b"\n{") != breaks:
        return None
    try:
        items = _DECODER.decode_lines(body)
        return _incoming(items, body) if len(items) == breaks + 1 else None
    except ValueError:
        return None


def _incoming(items: list[_Plain], body: bytes) -> list[Incoming] | None:
    """What becomes of them, or None where one of them is not right or a key came twice. Raises `ValueError`.

    No key can have come twice where every quote of the body belongs to a key or text that was read.
    """
    found: list[Incoming] = []
    quoted = 0  # keys and texts
    text, time_ms = None, 0  # a gateway's batch holds many readings of one instant
    for item in items:
        pressure, rate, apneas = item.cpap_pressure, item.breath_rate, item.apnea_count
        leak, spo2, mask_on = item.leak_rate, item.spo2, item.mask_on
        if pressure is UNSET or rate is UNSET or apneas is UNSET or leak is UNSET or spo2 is UNSET or mask_on is UNSET:
            given = {name: value for name in _MEASUREMENTS if (value := getattr(item, name)) is not UNSET}
            if not given:
                return None
            fields = field_set(given)
            quoted += 2 + len(given)
        else:
            # As `field_set` writes them.
            fields = (
                f"cpap_pressure={_TEXTS[pressure]},breath_rate={_TEXTS[rate]},apnea_count={apneas}i,"
                f"leak_rate={_TEXTS[leak]},spo2={_TEXTS[spo2]},mask_on={'true' if mask_on else 'false'}"
            )
            quoted += 8
        room, mrn = item.room, item.mrn
        if isinstance(room, str):
            quoted += 1
        elif room < _LONGEST_NUMBER:
            room = str(room)
        else:
            return None
        if isinstance(mrn, str):
            quoted += 1
        elif mrn < _LONGEST_NUMBER:
            mrn = str(mrn)
        else:
            return None
        reading = Incoming(room, mrn, None, fields)
        if item.time is not UNSET:
            quoted += 2
            if item.time != text:
                text = item.time
                time_ms = parse_ms(text)
            reading.time_ms = time_ms
        if item.device is not UNSET:
            quoted += 2
            reading.device = item.device
        if item.sent_at is not UNSET:
            quoted += 2
            reading.sent_at_ms = parse_ms(item.sent_at)
        found.append(reading)
    return found if body.count(b'"') == 2 * quoted else None
