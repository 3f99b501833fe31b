"""What a parser hands to storage: a body with its lines as columns where they are plain, else point by point."""

from dataclasses import dataclass
from typing import NamedTuple

import polars

Tags = tuple[tuple[str, str], ...]
Value = float | int | bool | str


class Field(NamedTuple):
    """One field of a point; `kind` is "float", "integer", "unsigned", "boolean" or "string"."""

    name: str
    kind: str
    value: Value


class Point(NamedTuple):
    """One line: `tags` sorted by key, `time` in nanoseconds since 1970 UTC."""

    measurement: str
    tags: Tags
    fields: list[Field]
    time: int


class Block(NamedTuple):
    """Lines of one shape, in their order.

    `frame` has the columns key (UInt32, index into `Columns.keys`), time (Int64, ns), and one for each of `fields`,
    named by its position: "0", "1" …
    """

    fields: list[tuple[str, str]]
    frame: polars.DataFrame


@dataclass(slots=True)
class Columns:
    """Many lines as columns.

    `keys` are the distinct (measurement, tags), `lines` how many lines there are, `oldest` the smallest time in ns. No
    two blocks hold the same key and time.
    """

    lines: int
    keys: list[tuple[str, Tags]]
    blocks: list[Block]
    oldest: int


@dataclass(slots=True)
class Lines:
    """A body without a fault, and what it says.

    `body`, `precision` and `now_ns` (the time of lines without one) are all that it takes to read it again: `read`
    gives the same once more, also in another process.
    """

    body: bytes
    precision: str
    now_ns: int
    content: Columns | list[Point]

    @property
    def count(self) -> int:
        """How many points it has."""
        return self.content.lines if isinstance(self.content, Columns) else len(self.content)
