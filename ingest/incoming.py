"""A reading that was read and checked: what the rest of the package works on."""

import msgspec


class Incoming(msgspec.Struct, gc=False):
    """A reading that is right in itself. `fields` is its line protocol field set, "" when it has a name only."""

    room: str
    mrn: str
    time_ms: int | None
    fields: str
    name: str | None = None
    device: str | None = None
    sent_at_ms: int | None = None
    image: bytes | None = None
    forced: bool = False  # `/add_patient`: it moves the room even where readings move nobody
