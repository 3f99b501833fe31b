"""Why two types do not agree, in InfluxDB's words. The text is made at the end, when all that can be known is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from influxlite.flux.types.display import Names, describe, show
from influxlite.flux.types.monotypes import Bound, Type, Variable, free_variables


def settle(mismatches: Iterable[Mismatch]) -> None:
    """Number the variables that are still open, over all mismatches of a program, as InfluxDB does to name them."""
    open_: dict[Variable, None] = {}
    for mismatch in mismatches:
        mismatch.variables(open_)
    for index, variable in enumerate(open_):
        variable.link = Bound(index)


class Mismatch:
    """Any disagreement."""

    __slots__ = ()

    def variables(self, found: dict[Variable, None]) -> None:
        """Add the variables of its types to `found`, in the order in which they stand in it."""
        for item in fields(self):  # type: ignore[arg-type] - all of these are dataclasses
            value = getattr(self, item.name)
            if isinstance(value, Mismatch):
                value.variables(found)
            elif isinstance(value, Type):
                free_variables(value, found)

    def text(self) -> str:
        """What InfluxDB says."""
        raise NotImplementedError


@dataclass(slots=True)
class Different(Mismatch):
    """One type was expected and another found; below a label or in a result, `cause` says where they part."""

    expected: Type
    found: Type
    place: str = ""
    cause: Mismatch | None = None

    def text(self) -> str:
        """`expected int but found string`."""
        names = Names()
        names.learn(self.expected)
        names.learn(self.found)
        text = f"expected {describe(self.expected, names)} but found {describe(self.found, names)}"
        return text + (f" for {self.place} caused by {self.cause.text()}" if self.cause else "")


@dataclass(slots=True)
class InResult(Mismatch):
    """The result of a function is another than what is needed of it."""

    expected: Type
    found: Type
    cause: Mismatch

    def text(self) -> str:
        """The odd beginning is InfluxDB's own."""
        return "123" + Different(self.expected, self.found, "return type", self.cause).text()


@dataclass(slots=True)
class NotOfKind(Mismatch):
    """A type cannot do what is needed of it."""

    kind: str
    found: Type

    def text(self) -> str:
        """`string is not Divisible`."""
        return f"{describe(self.found, Names())} is not {self.kind}"


@dataclass(slots=True)
class Recursive(Mismatch):
    """A type would have to contain itself."""

    variable: Type
    found: Type

    def text(self) -> str:
        """`recursive types not supported A != [A]`."""
        names = Names()
        return f"recursive types not supported {show(self.variable, names)} != {show(self.found, names)}"


@dataclass(slots=True)
class MissingLabel(Mismatch):
    """A record lacks a property."""

    label: str

    def text(self) -> str:
        """`record is missing label x`."""
        return f"record is missing label {self.label}"


@dataclass(slots=True)
class ExtraLabel(Mismatch):
    """A record has a property too many."""

    label: str

    def text(self) -> str:
        """`found unexpected label x`."""
        return f"found unexpected label {self.label}"


@dataclass(slots=True)
class MissingArgument(Mismatch):
    """A call lacks an argument; `name` is None for the one that a pipe fills."""

    name: str | None

    def text(self) -> str:
        """`missing required argument x`."""
        return "missing pipe argument" if self.name is None else f"missing required argument {self.name}"


@dataclass(slots=True)
class ExtraArgument(Mismatch):
    """A call has an argument that the function does not know."""

    name: str
    expected: list[str]

    def text(self) -> str:
        """With what might have been meant."""
        text = f"found unexpected argument {self.name}"
        if not self.expected:
            return text
        *first, last = (f"`{name}`" for name in self.expected)
        if not first:
            return f"{text} (Expected {last})"
        return f"{text} (Expected one of {', '.join(first)} or {last})"


@dataclass(slots=True)
class OtherPipe(Mismatch):
    """Two functions call the argument that a pipe fills by different names."""

    expected: str
    found: str

    def text(self) -> str:
        """`expected pipe argument x but found y`."""
        return f"expected pipe argument {self.expected} but found {self.found}"


@dataclass(slots=True)
class InArgument(Mismatch):
    """An argument is of the wrong type."""

    name: str
    cause: Mismatch

    def text(self) -> str:
        """The cause, and the argument's name."""
        return f"{self.cause.text()} (argument {self.name})"
