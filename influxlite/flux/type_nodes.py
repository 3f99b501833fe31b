"""The syntax tree of type expressions: what follows `builtin name :`, and the signatures of the standard library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from influxlite.flux.nodes import Identifier, LabelLiteral, Node, StringLiteral


@dataclass(slots=True)
class MonoType(Node):
    """A node of a type expression."""


@dataclass(slots=True)
class TypeExpression(Node):
    """`MONOTYPE where CONSTRAINTS`."""

    monotype: MonoType
    constraints: list[TypeConstraint]


@dataclass(slots=True)
class TypeConstraint(Node):
    """`TVAR: KIND + KIND`."""

    tvar: Identifier
    kinds: list[Identifier]

    untagged: ClassVar[dict[str, str]] = {"tvar": "Identifier", "kinds": "Identifier"}


@dataclass(slots=True)
class NamedType(MonoType):
    """A basic type: `int`, `string` …"""

    name: Identifier

    untagged: ClassVar[dict[str, str]] = {"name": "Identifier"}


@dataclass(slots=True)
class TvarType(MonoType):
    """A type variable: one letter."""

    name: Identifier

    untagged: ClassVar[dict[str, str]] = {"name": "Identifier"}


@dataclass(slots=True)
class ArrayType(MonoType):
    """`[ELEMENT]`."""

    element: MonoType


@dataclass(slots=True)
class StreamType(MonoType):
    """`stream[ELEMENT]`."""

    element: MonoType


@dataclass(slots=True)
class VectorType(MonoType):
    """`vector[ELEMENT]`."""

    element: MonoType


@dataclass(slots=True)
class DictType(MonoType):
    """`[KEY: VAL]`."""

    key: MonoType
    val: MonoType


@dataclass(slots=True)
class DynamicType(MonoType):
    """`dynamic`."""


@dataclass(slots=True)
class RecordType(MonoType):
    """`{TVAR with PROPERTIES}`."""

    tvar: Identifier | None
    properties: list[PropertyType]

    untagged: ClassVar[dict[str, str]] = {"tvar": "Identifier", "properties": "PropertyType"}
    optional: ClassVar[frozenset[str]] = frozenset({"tvar"})


@dataclass(slots=True)
class PropertyType(Node):
    """`NAME: MONOTYPE` of a record type."""

    name: Identifier | StringLiteral
    monotype: MonoType


@dataclass(slots=True)
class LabelType(MonoType):
    """`.name` as a type: the type of that one label."""

    value: str


@dataclass(slots=True)
class FunctionType(MonoType):
    """`(PARAMETERS) => MONOTYPE`."""

    parameters: list[ParameterType]
    monotype: MonoType


@dataclass(slots=True)
class ParameterType(Node):
    """A parameter of a function type. `kind` is "Required", "Optional" (`?name`) or "Pipe" (`<-name`, or just `<-`)."""

    kind: str
    name: Identifier | None
    monotype: MonoType
    default: LabelLiteral | None = None

    untagged: ClassVar[dict[str, str]] = {"name": "Identifier", "default": "LabelLiteral"}
    hidden: ClassVar[frozenset[str]] = frozenset({"location", "comments", "errors", "kind"})

    @property
    def type(self) -> str:
        """The kind: in Flux's JSON it is the node's type."""
        return self.kind
