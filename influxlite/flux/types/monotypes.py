"""Types: what an expression is, before it has a value.

    Type ── Basic       int, string … and `dynamic`, and the type of what is already known to be wrong
         ├─ Variable    not known yet; unification links it to what it turns out to be
         ├─ Bound       a variable of a `PolyType`: each use of that type gets a fresh variable for it
         ├─ Collection  an array, a stream or a vector of a type
         ├─ Dictionary, Label, Function
         └─ Record      one property and the rest: a record, nothing (`EMPTY`), or a variable (a row not known yet)

A kind (`Addable`, `Record` …) is what a type must be able to do; a variable carries those that its type must have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

MAX_PARTS = 20_000  # of the type of one name


class Type:
    """Any type."""

    __slots__ = ()


class Basic(Type):
    """A type without parts, by its name, and the kinds that it is of."""

    __slots__ = ("kinds", "name")

    def __init__(self, name: str, *kinds: str) -> None:
        self.name = name
        self.kinds = frozenset(kinds)


class Variable(Type):
    """A type that is not known yet. `link` is what it was found to be, `kinds` what that must be able to do."""

    __slots__ = ("kinds", "link")

    def __init__(self) -> None:
        self.link: Type | None = None
        self.kinds: tuple[str, ...] = ()


class Bound(Type):
    """The variable number `index` of a `PolyType`."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class Collection(Type):
    """Many of one type: `kind` is "array", "stream" or "vector"."""

    __slots__ = ("element", "kind")

    def __init__(self, kind: str, element: Type) -> None:
        self.kind = kind
        self.element = element


class Dictionary(Type):
    """Keys of one type to values of another."""

    __slots__ = ("key", "value")

    def __init__(self, key: Type, value: Type) -> None:
        self.key = key
        self.value = value


class Label(Type):
    """The type of one column's name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Record(Type):
    """A property, and the record that it extends. A label may occur again further in: the first one counts."""

    __slots__ = ("label", "tail", "value")

    def __init__(self, label: str, value: Type, tail: Type) -> None:
        self.label = label
        self.value = value
        self.tail = tail


class Optional(NamedTuple):
    """An argument that may be left out, and the label that it then is, if it is one."""

    type: Type
    default: Type | None = None


class Pipe(NamedTuple):
    """The argument that a pipe fills: `<-` where it has no name."""

    name: str
    type: Type


class Function(Type):
    """A function, its arguments in the order of their names."""

    __slots__ = ("optional", "pipe", "required", "result")

    def __init__(
        self, required: dict[str, Type], optional: dict[str, Optional], pipe: Pipe | None, result: Type
    ) -> None:
        self.required = dict(sorted(required.items()))
        self.optional = dict(sorted(optional.items()))
        self.pipe = pipe
        self.result = result


class _Empty(Type):
    __slots__ = ()


class _Error(Type):
    __slots__ = ()


EMPTY = _Empty()
"""The record without properties."""
ERROR = _Error()
"""The type of what is wrong, or not known to us: it agrees with everything, so that nothing is reported twice."""

_NUMBER = ("Addable", "Subtractable", "Divisible", "Numeric", "Comparable", "Equatable", "Nullable", "Basic")
BOOL = Basic("bool", "Equatable", "Nullable", "Basic", "Stringable")
INT = Basic("int", *_NUMBER, "Stringable", "Negatable")
UINT = Basic("uint", *_NUMBER, "Stringable", "Negatable")
FLOAT = Basic("float", *_NUMBER, "Stringable", "Negatable")
STRING = Basic("string", "Addable", "Comparable", "Equatable", "Nullable", "Basic", "Stringable")
DURATION = Basic("duration", "Comparable", "Equatable", "Nullable", "Basic", "Negatable", "Stringable", "Timeable")
TIME = Basic("time", "Comparable", "Equatable", "Nullable", "Basic", "Timeable", "Stringable")
REGEXP = Basic("regexp", "Basic")
BYTES = Basic("bytes", "Equatable", "Basic")
DYNAMIC = Basic("dynamic", "Basic")
BASIC = {t.name: t for t in (BOOL, INT, UINT, FLOAT, STRING, DURATION, TIME, REGEXP, BYTES, DYNAMIC)}
LABEL_KINDS = frozenset({"Addable", "Comparable", "Equatable", "Label", "Nullable", "Basic", "Stringable"})
KINDS = LABEL_KINDS | {"Divisible", "Negatable", "Numeric", "Record", "Subtractable", "Timeable"}


@dataclass(slots=True)
class PolyType:
    """A type that holds for all types of its `Bound` variables, as long as these are of the `kinds`."""

    type: Type
    variables: int = 0
    kinds: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def instantiate(self) -> tuple[Type, list[Variable]]:
        """The type with a fresh variable for each of its own, and those."""
        if not self.variables:
            return self.type, []
        fresh = [Variable() for _ in range(self.variables)]
        return _copy(self.type, fresh, {}), fresh


def resolve(type_: Type) -> Type:
    """What a type is known to be: itself, or what its variable stands for."""
    while isinstance(type_, Variable) and type_.link is not None:
        type_ = type_.link
    return type_


def properties(record: Type) -> Iterator[tuple[str, Type]]:
    """The properties of a record, the outermost first; none of what is no record."""
    record = resolve(record)
    while isinstance(record, Record):
        yield record.label, record.value
        record = resolve(record.tail)


def tail(record: Type) -> Type | None:
    """What a record extends when that is not known; None when its properties are all that it has."""
    record = resolve(record)
    while isinstance(record, Record):
        record = resolve(record.tail)
    return None if record is EMPTY else record


def _copy(type_: Type, fresh: list[Variable], done: dict[int, Type]) -> Type:
    """The type with its bound variables replaced; the same object where it has none. What is shared stays shared."""
    type_ = resolve(type_)
    if isinstance(type_, Bound):
        return fresh[type_.index]
    made = done.get(id(type_))
    if made is None:
        made = done[id(type_)] = rebuild(type_, lambda part: _copy(part, fresh, done))
    return made


def rebuild(type_: Type, change: Callable[[Type], Type]) -> Type:
    """The type with its parts changed; the same object where nothing changed."""
    if isinstance(type_, Record):
        value, rest = change(type_.value), change(type_.tail)
        return type_ if value is type_.value and rest is type_.tail else Record(type_.label, value, rest)
    if isinstance(type_, Collection):
        element = change(type_.element)
        return type_ if element is type_.element else Collection(type_.kind, element)
    if isinstance(type_, Dictionary):
        key, value = change(type_.key), change(type_.value)
        return type_ if key is type_.key and value is type_.value else Dictionary(key, value)
    if isinstance(type_, Function):
        made = Function.__new__(Function)
        made.required = {name: change(part) for name, part in type_.required.items()}
        made.optional = {
            name: Optional(change(part.type), part.default and change(part.default))
            for name, part in type_.optional.items()
        }
        made.pipe = type_.pipe and Pipe(type_.pipe.name, change(type_.pipe.type))
        made.result = change(type_.result)
        return made
    return type_


def parts(type_: Type) -> Iterator[Type]:
    """The types directly inside a type."""
    if isinstance(type_, Record):
        yield type_.value
        yield type_.tail
    elif isinstance(type_, Collection):
        yield type_.element
    elif isinstance(type_, Dictionary):
        yield type_.key
        yield type_.value
    elif isinstance(type_, Function):
        yield from type_.required.values()
        for argument in type_.optional.values():
            if argument.default is not None:
                yield argument.default
            yield argument.type
        if type_.pipe is not None:
            yield type_.pipe.type
        yield type_.result


def free_variables(type_: Type, found: dict[Variable, None], seen: set[int] | None = None) -> int:
    """Add the variables that a type still has to `found`, in the order in which they stand in it.

    Answers how many parts it has; parts that it has in several places (their ids are in `seen`) count once.
    """
    seen = set() if seen is None else seen
    type_ = resolve(type_)
    if id(type_) in seen:
        return 0
    seen.add(id(type_))
    if isinstance(type_, Variable):
        found.setdefault(type_)
        return 1
    return 1 + sum(free_variables(part, found, seen) for part in parts(type_))


def generalize(type_: Type, fixed: dict[Variable, None], *, settle: bool = True) -> PolyType:
    """The type for all types of its variables, but for those that something around it fixes.

    `settle`: the type is done with, its variables will not be anything else; messages then name them as its own.
    A type of more than `MAX_PARTS` is not judged: a few lines of nested functions can make one of any size.
    """
    found: dict[Variable, None] = {}
    if free_variables(type_, found) > MAX_PARTS:
        return PolyType(ERROR)
    own = {variable: index for index, variable in enumerate(v for v in found if v not in fixed)}
    if not own:
        return PolyType(type_)
    done: dict[int, Type] = {}

    def bind(part: Type) -> Type:
        part = resolve(part)
        if isinstance(part, Variable):
            index = own.get(part)
            return part if index is None else Bound(index)
        made = done.get(id(part))
        if made is None:
            made = done[id(part)] = rebuild(part, bind)
        return made

    kinds = {index: variable.kinds for variable, index in own.items() if variable.kinds}
    general = PolyType(bind(type_), len(own), kinds)
    if settle:
        for variable, index in own.items():
            variable.link = Bound(index)
    return general
