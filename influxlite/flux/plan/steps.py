"""Table calls that have been written down but not run yet.

Calling a transformation in a script makes a `Step` that points to the steps it reads from; nothing is read before a
result is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from influxlite.flux.functions import Native


FOUND = "found"
"""The name of the step of a table that a script has found: a value, no result."""


class Step:
    """One call of a transformation: the function and its arguments, streams among them.

    Errors name `location`, and `called` where it is not the function's own name: a step that a function of the library
    makes stands where the script calls that one.
    """

    __slots__ = ("arguments", "called", "function", "location")

    def __init__(
        self, function: Native, arguments: dict[str, Any], location: Any = None, called: str | None = None
    ) -> None:
        self.function = function
        self.arguments = arguments
        self.location = location
        self.called = called or function.name

    @property
    def name(self) -> str:
        """The Flux name of the function."""
        return self.function.name

    @property
    def package(self) -> str:
        """The package of the function, "universe" for those that need no import."""
        return self.function.package

    def parents(self) -> list[Step]:
        """The steps whose tables this one reads."""
        return [s.step for s in streams_in(self.arguments)]

    def parent(self) -> Step | None:
        """The one step whose tables are piped in; None where there is none or are several."""
        tables = self.arguments.get("tables")
        return tables.step if isinstance(tables, Stream) else None


class Stream:
    """A stream of tables as a Flux value: the step that will make them."""

    __slots__ = ("step",)

    def __init__(self, step: Step) -> None:
        self.step = step


def streams_in(value: Any) -> Iterator[Stream]:
    """The streams inside an argument, whatever holds them."""
    if isinstance(value, Stream):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from streams_in(v)
    elif isinstance(value, list):
        for v in value:
            yield from streams_in(v)
