"""Type expressions to types: the signatures of the standard library and of `builtin` statements."""

from __future__ import annotations

from functools import lru_cache

from influxlite.flux import nodes, type_nodes
from influxlite.flux.parser import Fault, parse_type
from influxlite.flux.types.monotypes import (
    BASIC,
    DYNAMIC,
    EMPTY,
    ERROR,
    KINDS,
    Bound,
    Collection,
    Dictionary,
    Function,
    Label,
    Optional,
    Pipe,
    PolyType,
    Record,
    Type,
)

_COLLECTIONS = {
    type_nodes.ArrayType: "array",
    type_nodes.StreamType: "stream",
    type_nodes.VectorType: "vector",
}


@lru_cache(maxsize=4096)
def signature(text: str) -> PolyType:
    """The type that a signature of the standard library means; ValueError when it means none."""
    faults: list[Fault] = []
    found = from_expression(parse_type(text), faults)
    if faults:
        raise ValueError(f"{text}: {faults[0].message}")
    return found


def from_expression(expression: type_nodes.TypeExpression, faults: list[Fault]) -> PolyType:
    """The type that a type expression means; what is wrong with it is added to `faults`."""
    reader = _Reader(faults)
    type_ = reader.read(expression.monotype)
    kinds: dict[int, tuple[str, ...]] = {}
    for constraint in expression.constraints:
        names: list[str] = []
        for kind in constraint.kinds:
            if kind.name in KINDS:
                names.append(kind.name)
            else:
                faults.append(Fault(kind.location, f"invalid constraint {kind.name}"))
        if constraint.tvar.name in reader.variables:
            kinds[reader.variables[constraint.tvar.name]] = tuple(names)
    return PolyType(type_, len(reader.variables), kinds)


class _Reader:
    """Reads one signature; its variables are numbered as they come."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        self.variables: dict[str, int] = {}

    def variable(self, name: str) -> Bound:
        return Bound(self.variables.setdefault(name, len(self.variables)))

    def read(self, node: type_nodes.MonoType) -> Type:
        match node:
            case type_nodes.NamedType():
                return self.named(node)
            case type_nodes.TvarType():
                return self.variable(node.name.name)
            case type_nodes.RecordType():
                return self.record(node)
            case type_nodes.FunctionType():
                return self.function(node)
            case type_nodes.ArrayType() | type_nodes.StreamType() | type_nodes.VectorType():
                return Collection(_COLLECTIONS[type(node)], self.read(node.element))
            case type_nodes.DictType():
                return Dictionary(self.read(node.key), self.read(node.val))
            case type_nodes.LabelType():
                return Label(node.value)
        return DYNAMIC

    def named(self, node: type_nodes.NamedType) -> Type:
        found = BASIC.get(node.name.name)
        if found is None or found is DYNAMIC:
            self.faults.append(Fault(node.location, f"invalid named type {node.name.name}"))
            return ERROR
        return found

    def record(self, node: type_nodes.RecordType) -> Type:
        made: Type = EMPTY if node.tvar is None else self.variable(node.tvar.name)
        for item in node.properties:
            label = item.name.name if isinstance(item.name, nodes.Identifier) else item.name.value
            made = Record(label, self.read(item.monotype), made)
        return made

    def function(self, node: type_nodes.FunctionType) -> Type:
        required: dict[str, Type] = {}
        optional: dict[str, Optional] = {}
        pipe: Pipe | None = None
        for parameter in node.parameters:
            name = parameter.name.name if parameter.name else "<-"
            if parameter.kind == "Required":
                required[name] = self.read(parameter.monotype)
            elif parameter.kind == "Optional":
                default = Label(parameter.default.value) if parameter.default else None
                optional[name] = Optional(self.read(parameter.monotype), default)
            elif pipe is None:
                pipe = Pipe(name, self.read(parameter.monotype))
            else:
                self.faults.append(Fault(parameter.location, "function types can have at most one pipe parameter"))
        return Function(required, optional, pipe, self.read(node.monotype))
