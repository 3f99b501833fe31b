"""Line protocol of the two measurements that Bedside writes, in milliseconds.

Rooms and MRNs are `[A-Za-z0-9-]{1,32}`, fields are numbers, booleans and hexadecimal digests, so nothing needs an
escape: `tests/ingest/test_line_protocol.py` holds that against the reading's own patterns.
"""

import re
from collections.abc import Mapping
from typing import Any

_STAY = re.compile(r'stay,mrn=([^,]+),room=(\S+) event="(\w+)" (-?\d+)')
FIELD_ORDER = ("cpap_pressure", "breath_rate", "apnea_count", "leak_rate", "spo2", "mask_on", "flow_image")


class FloatTexts(dict[float, str]):
    """The texts of floats, each made once: a monitor's numbers have one digit or two after the point, so few differ."""

    _MOST = 65_536

    def __missing__(self, value: float) -> str:
        if len(self) >= self._MOST:
            self.clear()
        text = self[value] = repr(value + 0.0)  # + 0.0 makes a float of an int and a plain zero of -0.0
        return text


def field_set(values: Mapping[str, Any], image_digest: str | None = None) -> str:
    """The fields that are there, in the order of `FIELD_ORDER`; floats as Python's shortest exact text."""
    get = values.get
    parts = []
    if (value := get("cpap_pressure")) is not None:
        parts.append(f"cpap_pressure={value + 0.0!r}")  # + 0.0 makes a float of an int and a plain zero of -0.0
    if (value := get("breath_rate")) is not None:
        parts.append(f"breath_rate={value + 0.0!r}")
    if (value := get("apnea_count")) is not None:
        parts.append(f"apnea_count={value}i")
    if (value := get("leak_rate")) is not None:
        parts.append(f"leak_rate={value + 0.0!r}")
    if (value := get("spo2")) is not None:
        parts.append(f"spo2={value + 0.0!r}")
    if (value := get("mask_on")) is not None:
        parts.append("mask_on=true" if value else "mask_on=false")
    if image_digest is not None:
        parts.append(f'flow_image="{image_digest}"')
    return ",".join(parts)


def split_fields(fields: str) -> dict[str, str]:
    """A field set by name; the values are as written."""
    return dict(part.split("=", 1) for part in fields.split(",")) if fields else {}


def join_fields(fields: Mapping[str, str]) -> str:
    """The field set of these fields, in the order of `FIELD_ORDER`."""
    return ",".join(f"{name}={fields[name]}" for name in FIELD_ORDER if name in fields)


def reading_line(room: str, mrn: str, fields: str, time_ms: int) -> str:
    """The point of a reading."""
    return f"cpap,mrn={mrn},room={room} {fields} {time_ms}"


def stay_line(room: str, mrn: str, event: str, time_ms: int) -> str:
    """The point of a stay's boundary: `admitted`, `left` or `transferred`."""
    return f'stay,mrn={mrn},room={room} event="{event}" {time_ms}'


def stay_of(line: str) -> tuple[str, str, str, int] | None:
    """Room, MRN, event and time in ms of a line that `stay_line` made; None of any other line."""
    match = _STAY.fullmatch(line)
    return None if match is None else (match[2], match[1], match[3], int(match[4]))
