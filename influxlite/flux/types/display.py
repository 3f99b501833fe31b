"""Types as text, as InfluxDB's messages show them: variables are A, B …, long lists go one item a line.

The layout is Wadler's: a group stands on one line if it fits there, else each of its breaks becomes a new line.
"""

from __future__ import annotations

from influxlite.flux.types.monotypes import (
    EMPTY,
    ERROR,
    Basic,
    Bound,
    Collection,
    Dictionary,
    Function,
    Label,
    Optional,
    Record,
    Type,
    Variable,
    properties,
    resolve,
    tail,
)

WIDTH = 120
INDENT = 4
MAX_SHOWN = 2_000  # parts of the types in one message
_LONGEST_ON_ONE_LINE = 4  # properties or arguments


class Doc:
    """A piece of layout: text, or a break (what it is on one line, and whether it must be a new line)."""

    __slots__ = ("flat", "kind", "parts")

    def __init__(self, kind: str, flat: str = "", parts: tuple[Doc, ...] = ()) -> None:
        self.kind = kind  # "text", "break", "hard", "comma", "nest", "group", "all"
        self.flat = flat
        self.parts = parts


def _text(value: str) -> Doc:
    return Doc("text", value)


def _group(*parts: Doc) -> Doc:
    return Doc("group", parts=parts)


_SPACE, _NOTHING, _HARD = Doc("break", " "), Doc("break", ""), Doc("hard")
_LAST_COMMA = Doc("comma")  # only where the group is broken


def layout(doc: Doc) -> str:
    """The text of a document, at most `WIDTH` wide where its breaks allow."""
    out: list[str] = []
    column = 0
    stack: list[tuple[int, bool, Doc]] = [(0, False, doc)]  # indent, on one line?, what
    while stack:
        indent, flat, item = stack.pop()
        if item.kind == "text":
            out.append(item.flat)
            column += len(item.flat)
        elif item.kind == "comma":
            out.append("" if flat else ",")
            column += not flat
        elif item.kind == "hard" or (item.kind == "break" and not flat):
            out.append("\n" + " " * indent)
            column = indent
        elif item.kind == "break":
            out.append(item.flat)
            column += len(item.flat)
        else:
            if item.kind == "group":
                flat = flat or _fits(item, WIDTH - column, stack)
            inner = indent + INDENT if item.kind == "nest" else indent
            stack.extend((inner, flat, part) for part in reversed(item.parts))
    return "".join(out)


def _fits(group: Doc, width: int, rest: list[tuple[int, bool, Doc]]) -> bool:
    """Does the group, on one line, and what follows it up to the next break fit into this width?"""
    todo: list[tuple[bool, Doc]] = [*((flat, doc) for _, flat, doc in rest), (True, group)]
    while todo and width >= 0:
        flat, item = todo.pop()
        if item.kind == "text":
            width -= len(item.flat)
        elif item.kind == "hard":
            return not flat
        elif item.kind == "break":
            if not flat:
                return True
            width -= len(item.flat)
        elif item.kind == "comma":
            width -= not flat
        else:
            todo.extend((flat, part) for part in reversed(item.parts))
    return width >= 0


class Names:
    """The letters of the variables in one message; they are those of `Bound` ones by now (`mismatches.settle`)."""

    def __init__(self) -> None:
        self._names: dict[int | Variable, str] = {}
        self._learned: dict[int, Type] = {}
        self.room = MAX_SHOWN

    def learn(self, type_: Type) -> None:
        """Name the variables of a type, in the order in which InfluxDB meets them."""
        type_ = resolve(type_)
        if id(type_) in self._learned:
            return
        self._learned[id(type_)] = type_
        if isinstance(type_, (Variable, Bound)):
            self.name(type_)
        elif isinstance(type_, Record):
            rest = tail(type_)
            if rest is not None:
                self.learn(rest)
            for _, value in sorted(properties(type_), key=lambda item: item[0]):
                self.learn(value)
        elif isinstance(type_, Collection):
            self.learn(type_.element)
        elif isinstance(type_, Dictionary):
            self.learn(type_.key)
            self.learn(type_.value)
        elif isinstance(type_, Function):
            for value in type_.required.values():
                self.learn(value)
            for argument in type_.optional.values():
                self.learn(argument.type)
            if type_.pipe is not None:
                self.learn(type_.pipe.type)
            self.learn(type_.result)

    def name(self, variable: Variable | Bound) -> str:
        """The letter of a variable."""
        key = variable.index if isinstance(variable, Bound) else variable
        number = len(self._names)
        return self._names.setdefault(key, chr(ord("A") + number) if number < 26 else f"t{number}")


def show(type_: Type, names: Names | None = None) -> str:
    """The type as text; types shown with the same `names` share their letters."""
    names = names or Names()
    names.learn(type_)
    return layout(_doc(type_, names))


def describe(type_: Type, names: Names) -> str:
    """The type as text, and in a word what it is where that helps: `{a: int} (record)`."""
    return show(type_, names) + _WORDS.get(_shape(resolve(type_)), "")


_WORDS = {
    "function": " (function)",
    "dictionary": " (dictionary)",
    "record": " (record)",
    "dynamic": " (dynamic)",
    "array": " (array)",
    "vector": " (vector)",
}


def _shape(type_: Type) -> str:
    if isinstance(type_, Collection):
        return type_.kind
    if isinstance(type_, Function):
        return "function"
    if isinstance(type_, Dictionary):
        return "dictionary"
    if isinstance(type_, Record) or type_ is EMPTY:
        return "record"
    return type_.name if isinstance(type_, Basic) else ""


def _doc(type_: Type, names: Names) -> Doc:
    type_ = resolve(type_)
    names.room -= 1
    if names.room < 0:
        return _text("…")
    if isinstance(type_, Basic):
        return _text(type_.name)
    if isinstance(type_, (Variable, Bound)):
        return _text(names.name(type_))
    if isinstance(type_, Label):
        return _text(f".{type_.name}")
    if isinstance(type_, Collection):
        return _group(_text(_OPENINGS[type_.kind]), _doc(type_.element, names), _text("]"))
    if isinstance(type_, Dictionary):
        parts = (_text("["), _doc(type_.key, names), _text(":"), _doc(type_.value, names), _text("]"))
        return _group(*parts)
    if isinstance(type_, Function):
        return _function(type_, names)
    if type_ is ERROR:
        return _text("<error>")
    return _record(type_, names)


_OPENINGS = {"array": "[", "vector": "v[", "stream": "stream["}


def _record(record: Type, names: Names) -> Doc:
    ordered = sorted(properties(record), key=lambda item: item[0])
    items = [_group(_text(f"{label}: "), _doc(value, names)) for label, value in reversed(ordered)]
    rest = tail(record)
    head: tuple[Doc, ...] = ()
    if rest is not None:
        head = (_group(_doc(rest, names), _SPACE, _text("with")), _SPACE)
    return _group(*_listed("{", head, items, "}"))


def _function(function: Function, names: Names) -> Doc:
    items: list[Doc] = []
    if function.pipe is not None:
        name = function.pipe.name if function.pipe.name == "<-" else f"<-{function.pipe.name}"
        items.append(_group(_text(f"{name}: "), _doc(function.pipe.type, names)))
    for name, type_ in function.required.items():
        items.append(_group(_text(f"{name}: "), _doc(type_, names)))
    for name, argument in function.optional.items():
        items.append(_group(_text(f"?{name}: "), *_optional(argument, names)))
    return _group(*_listed("(", (), items, ")"), _text(" => "), _doc(function.result, names))


def _optional(argument: Optional, names: Names) -> tuple[Doc, ...]:
    if argument.default is None:
        return (_doc(argument.type, names),)
    return (_doc(argument.type, names), _text(" = "), _doc(argument.default, names))


def _listed(opening: str, head: tuple[Doc, ...], items: list[Doc], closing: str) -> tuple[Doc, ...]:
    """Items with commas between them, in brackets."""
    long = len(items) > _LONGEST_ON_ONE_LINE
    between, around = (_HARD, _HARD) if long else (_SPACE, _NOTHING)
    inside: list[Doc] = [around, *head]
    for position, item in enumerate(items):
        if position:
            inside += [_text(","), between]
        inside.append(item)
    if items:
        inside.append(_LAST_COMMA)
    return _text(opening), Doc("nest", parts=tuple(inside)), around, _text(closing)
