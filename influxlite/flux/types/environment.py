"""The names that a script sees before it defines any, and the packages that it can import, with their types.

The types are those that the standard library declares. A name that Flux has and we lack is of type `ERROR`, which
agrees with everything: what a script does with it is not judged here, and only running it says that we lack it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from influxlite.flux.stdlib import registry
from influxlite.flux.types.monotypes import EMPTY, ERROR, PolyType, Record, Type
from influxlite.flux.types.signatures import signature

PRELUDE = ("universe", "influxdata/influxdb", "internal/boolean", "internal/location")
"""The packages whose names every script sees without an import."""
UNKNOWN = PolyType(ERROR)


@cache
def published() -> dict[str, frozenset[str]]:
    """The names that each package of Flux defines, by import path, whether we have them or not."""
    lines = Path(__file__).with_name("published.txt").read_text().splitlines()
    found = (line.partition(":") for line in lines if not line.startswith("#"))
    return {path: frozenset(names.split()) for path, _, names in found}


class Package:
    """An imported package."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._record: Type | None = None

    def member(self, name: str) -> PolyType | None:
        """The type of one of its names; None where Flux has no such name either."""
        return _types(self.path).get(name)

    def record(self) -> Type:
        """The package as the record that it is where a script uses it as a value."""
        if self._record is None:
            made: Type = EMPTY
            for name, found in sorted(_types(self.path).items()):
                made = Record(name, found.instantiate()[0], made)
            self._record = made
        return self._record


@lru_cache(maxsize=1024)  # a script may name packages that there are not, as many as it likes
def package(path: str) -> Package | None:
    """The package of an import path; None where Flux has none."""
    return Package(path) if path in published() or registry.entries(path) else None


def prelude(name: str) -> PolyType | None:
    """The type of a name that every script sees; None where there is no such name."""
    for path in PRELUDE:
        found = _types(path).get(name)
        if found is not None:
            return found
    return None


@cache
def _types(path: str) -> dict[str, PolyType]:
    found = dict.fromkeys(published().get(path, ()), UNKNOWN)
    for name, entry in registry.entries(path).items():
        found[name] = signature(entry.signature)
    return found
