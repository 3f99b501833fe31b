"""One reading as a monitor holds it: when it was measured, when the monitor believes that was, and what it says."""

import base64
import hashlib
from dataclasses import dataclass, field, replace

from simulator.times import rfc3339

Value = float | int | bool | str


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of one room and patient.

    `at_ms` is the true instant of measurement, `stamp_ms` the one that the device's own clock showed (equal for a good
    clock); both in milliseconds since 1970. `fields` are the contract's measurements by name, in its units. `name` is
    sent once, with the first reading of a stay, and kept nowhere else.
    """

    room: str
    mrn: str
    at_ms: int
    stamp_ms: int
    fields: dict[str, Value] = field(hash=False)
    device: str
    name: str | None = None

    def only(self, names: set[str]) -> "Reading":
        """The same reading with only the fields of these names: one identity may arrive in parts."""
        return replace(self, fields={key: value for key, value in self.fields.items() if key in names})

    def to_wire(self, *, as_text: bool) -> dict[str, Value]:
        """The JSON object of the contract; room and MRN as text, or as a number where they are plain digits."""
        wire: dict[str, Value] = {
            "room": _identifier(self.room, as_text),
            "mrn": _identifier(self.mrn, as_text),
            "time": rfc3339(self.stamp_ms),
            "device": self.device,
            **self.fields,
        }
        if self.name is not None:
            wire["name"] = self.name
        return wire

    def stored_fields(self) -> dict[str, Value]:
        """The fields as InfluxDB holds them: the flow image by the SHA-256 of its bytes."""
        stored = dict(self.fields)
        if "flow_image" in stored:
            stored["flow_image"] = hashlib.sha256(base64.b64decode(str(stored["flow_image"]))).hexdigest()
        return stored


def _identifier(text: str, as_text: bool) -> Value:
    """Digits as a number unless text is wanted; a leading zero would be lost by that, so such a one stays text."""
    return text if as_text or not text.isdigit() or str(int(text)) != text else int(text)
