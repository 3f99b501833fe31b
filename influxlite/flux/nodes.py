"""The abstract syntax tree of Flux: one class for each node, named and shaped as in Flux's own `ast` package.

`File` is the root. Attributes are the JSON names in snake case; a name that Python reserves ends in an underscore
(`with_`, `as_`). Every node knows its `location`, may carry `comments` (by the token before which they stood; the place
"" is the node itself) and the `errors` that the parser found in it. `node.to_json()` and `nodes_json.from_json()` speak
the JSON of InfluxDB's AST, which is also what the `extern` member of a query request holds. The nodes of type
expressions are in `type_nodes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from influxlite.flux.instants import parse_instant

if TYPE_CHECKING:
    from influxlite.flux.type_nodes import TypeExpression


class SourceLocation(NamedTuple):
    """Where a node stands. Lines and columns count from 1, columns bytes of UTF-8, the end is exclusive. 0: nowhere."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        """The form of InfluxDB's messages: `@1:30-1:43`."""
        return f"@{self.start_line}:{self.start_column}-{self.end_line}:{self.end_column}"


NOWHERE = SourceLocation(0, 0, 0, 0)
Comments = dict[str, tuple[str, ...]]  # the place of a comment ("" the node itself, "lparen", "comma" …) to its texts


@dataclass(slots=True)
class Node:
    """What all nodes share."""

    location: SourceLocation
    comments: Comments | None = field(default=None, kw_only=True)
    errors: list[str] | None = field(default=None, kw_only=True)

    # The fields whose node is written without its "type", with its class: JSON leaves it out where only one can stand.
    untagged: ClassVar[dict[str, str]] = {}
    json_names: ClassVar[dict[str, str]] = {}  # where the JSON name differs from the attribute
    optional: ClassVar[frozenset[str]] = frozenset()  # left out of the JSON when empty
    hidden: ClassVar[frozenset[str]] = frozenset({"location", "comments", "errors"})  # not written like a plain member

    @property
    def type(self) -> str:
        """The node's type as JSON names it, for example `CallExpression`."""
        return type(self).__name__

    def children(self) -> list[Node]:
        """The nodes directly below, in the order of the source."""
        found: list[Node] = []
        for name in _child_fields(type(self)):
            value = getattr(self, name)
            if isinstance(value, Node):
                found.append(value)
            elif isinstance(value, list):
                found.extend(item for item in value if isinstance(item, Node))
        return found

    def to_json(self, source: str | None = None) -> dict[str, Any]:
        """The node as Flux's AST JSON. With `source` (a `File` knows its own) each location carries its text."""
        from influxlite.flux.nodes_json import write  # late: the writer knows every class of this module

        return write(self, source)


_FIELDS: dict[type[Node], tuple[str, ...]] = {}


def _plain_fields(cls: type[Node]) -> tuple[str, ...]:
    names = _FIELDS.get(cls)
    if names is None:
        names = _FIELDS[cls] = tuple(f.name for f in fields(cls) if f.name not in cls.hidden)
    return names


_CHILD_FIELDS: dict[type[Node], tuple[str, ...]] = {}
_NO_NODES = frozenset({"str", "int", "float", "bool", "list[Duration]"})


def _child_fields(cls: type[Node]) -> tuple[str, ...]:
    names = _CHILD_FIELDS.get(cls)
    if names is None:
        plain = _plain_fields(cls)
        names = tuple(f.name for f in fields(cls) if f.name in plain and f.type not in _NO_NODES)
        _CHILD_FIELDS[cls] = names
    return names


# Kinds of nodes ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Expression(Node):
    """A node that has a value."""


@dataclass(slots=True)
class Statement(Node):
    """A node of a body. `attributes` are the `@name(…)` before it."""

    attributes: list[Attribute] | None = field(default=None, kw_only=True)

    hidden: ClassVar[frozenset[str]] = frozenset({"location", "comments", "errors", "attributes"})


# The file and its statements -----------------------------------------------------------------------


@dataclass(slots=True)
class File(Node):
    """A whole program. `text` is the source it was parsed from, empty when it came from JSON."""

    package: PackageClause | None
    imports: list[ImportDeclaration]
    body: list[Statement]
    name: str = ""
    metadata: str = "parser-type=rust"
    text: str = ""

    hidden: ClassVar[frozenset[str]] = frozenset({"location", "comments", "errors", "text"})
    optional: ClassVar[frozenset[str]] = frozenset({"name", "metadata"})


@dataclass(slots=True)
class PackageClause(Statement):
    """`package NAME`."""

    name: Identifier

    untagged: ClassVar[dict[str, str]] = {"name": "Identifier"}


@dataclass(slots=True)
class ImportDeclaration(Statement):
    """`import [AS] "PATH"`."""

    as_: Identifier | None
    path: StringLiteral

    untagged: ClassVar[dict[str, str]] = {"as_": "Identifier", "path": "StringLiteral"}
    json_names: ClassVar[dict[str, str]] = {"as_": "as"}


@dataclass(slots=True)
class Attribute(Node):
    """`@NAME(PARAMS)`."""

    name: str
    params: list[AttributeParam]

    untagged: ClassVar[dict[str, str]] = {"params": "AttributeParam"}


@dataclass(slots=True)
class AttributeParam(Node):
    """One literal in an attribute's parentheses."""

    value: Expression


@dataclass(slots=True)
class Block(Node):
    """`{ BODY }`: the body of a function or a test case."""

    body: list[Statement]


@dataclass(slots=True)
class BadStatement(Statement):
    """A token with which no statement begins."""

    text: str


@dataclass(slots=True)
class ExpressionStatement(Statement):
    """An expression that stands alone."""

    expression: Expression


@dataclass(slots=True)
class ReturnStatement(Statement):
    """`return ARGUMENT`."""

    argument: Expression


@dataclass(slots=True)
class VariableAssignment(Statement):
    """`ID = INIT`."""

    id: Identifier
    init: Expression

    untagged: ClassVar[dict[str, str]] = {"id": "Identifier"}


@dataclass(slots=True)
class MemberAssignment(Node):
    """`OBJECT.PROPERTY = INIT`, in an option statement only."""

    member: MemberExpression
    init: Expression

    untagged: ClassVar[dict[str, str]] = {"member": "MemberExpression"}


@dataclass(slots=True)
class OptionStatement(Statement):
    """`option ASSIGNMENT`."""

    assignment: VariableAssignment | MemberAssignment


@dataclass(slots=True)
class BuiltinStatement(Statement):
    """`builtin ID : TY`."""

    id: Identifier
    ty: TypeExpression

    untagged: ClassVar[dict[str, str]] = {"id": "Identifier"}


@dataclass(slots=True)
class TestCaseStatement(Statement):
    """`testcase ID [extends "PATH"] BLOCK`."""

    __test__ = False  # pytest takes a class of this name for a test

    id: Identifier
    extends: StringLiteral | None
    block: Block

    untagged: ClassVar[dict[str, str]] = {"id": "Identifier", "extends": "StringLiteral"}
    optional: ClassVar[frozenset[str]] = frozenset({"extends"})


# Expressions ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Identifier(Expression):
    """A name."""

    name: str


@dataclass(slots=True)
class ArrayExpression(Expression):
    """`[a, b]`. The comments before the comma after element 3 are at the place "comma:3"."""

    elements: list[Expression]


@dataclass(slots=True)
class DictExpression(Expression):
    """`[k: v, …]`, or `[:]`."""

    elements: list[DictItem]

    untagged: ClassVar[dict[str, str]] = {"elements": "DictItem"}


@dataclass(slots=True)
class DictItem(Node):
    """`KEY: VAL` in a dictionary."""

    key: Expression
    val: Expression


@dataclass(slots=True)
class FunctionExpression(Expression):
    """`(PARAMS) => BODY`. A parameter is a `Property`: key the name, value the default, None, or a `PipeLiteral`."""

    params: list[Property]
    body: Block | Expression


@dataclass(slots=True)
class LogicalExpression(Expression):
    """`LEFT and RIGHT`, `LEFT or RIGHT`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True)
class BinaryExpression(Expression):
    """Arithmetic and comparison: `+ - * / % ^ == != < <= > >= =~ !~`; `<INVALID_OP>` where no operator stood."""

    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True)
class UnaryExpression(Expression):
    """`-x`, `+x`, `not x`, `exists x`."""

    operator: str
    argument: Expression


@dataclass(slots=True)
class ObjectExpression(Expression):
    """`{a: 1, b}` or `{WITH with a: 1}`. The arguments of a call are one of these too."""

    with_: Identifier | None
    properties: list[Property]

    untagged: ClassVar[dict[str, str]] = {"with_": "Identifier"}
    json_names: ClassVar[dict[str, str]] = {"with_": "with"}
    optional: ClassVar[frozenset[str]] = frozenset({"with_"})


@dataclass(slots=True)
class Property(Node):
    """`KEY: VALUE` of a record, an argument or (with `=`) a parameter. No value: `{a}` means `{a: a}`."""

    key: Identifier | StringLiteral
    value: Expression | None


@dataclass(slots=True)
class MemberExpression(Expression):
    """`OBJECT.PROPERTY` (an `Identifier`) or `OBJECT["PROPERTY"]` (a `StringLiteral`)."""

    object: Expression
    property: Identifier | StringLiteral


@dataclass(slots=True)
class IndexExpression(Expression):
    """`ARRAY[INDEX]`, where the index is no string literal."""

    array: Expression
    index: Expression


@dataclass(slots=True)
class CallExpression(Expression):
    """`CALLEE(ARGUMENTS)`: no argument, or one `ObjectExpression` that holds them by name."""

    callee: Expression
    arguments: list[Expression]

    optional: ClassVar[frozenset[str]] = frozenset({"arguments"})


@dataclass(slots=True)
class PipeExpression(Expression):
    """`ARGUMENT |> CALL`."""

    argument: Expression
    call: CallExpression

    untagged: ClassVar[dict[str, str]] = {"call": "CallExpression"}


@dataclass(slots=True)
class ConditionalExpression(Expression):
    """`if TEST then CONSEQUENT else ALTERNATE`."""

    test: Expression
    consequent: Expression
    alternate: Expression


@dataclass(slots=True)
class ParenExpression(Expression):
    """`(EXPRESSION)`."""

    expression: Expression


@dataclass(slots=True)
class BadExpression(Expression):
    """A token with which no expression begins; `text` says so, or is empty for a missing branch."""

    text: str
    expression: Expression | None = None


# Literals ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class StringExpression(Expression):
    """A string with `${…}` in it."""

    parts: list[TextPart | InterpolatedPart]


@dataclass(slots=True)
class TextPart(Node):
    """The text between interpolations, escapes already resolved."""

    value: str


@dataclass(slots=True)
class InterpolatedPart(Node):
    """`${EXPRESSION}`."""

    expression: Expression


@dataclass(slots=True)
class StringLiteral(Expression):
    """A string, escapes already resolved."""

    value: str


@dataclass(slots=True)
class IntegerLiteral(Expression):
    """A 64-bit signed integer."""

    value: int


@dataclass(slots=True)
class UnsignedIntegerLiteral(Expression):
    """A 64-bit unsigned integer: only JSON can say it, the grammar has no such literal."""

    value: int


@dataclass(slots=True)
class FloatLiteral(Expression):
    """A float."""

    value: float


@dataclass(slots=True)
class BooleanLiteral(Expression):
    """Only JSON can say it: in the grammar `true` and `false` are identifiers."""

    value: bool


@dataclass(slots=True)
class RegexpLiteral(Expression):
    """A regular expression in RE2's syntax, without its slashes."""

    value: str


@dataclass(slots=True)
class Duration:
    """A magnitude and its unit, one of `y mo w d h m s ms us ns`."""

    magnitude: int
    unit: str


@dataclass(slots=True)
class DurationLiteral(Expression):
    """`1mo2d`: the parts in the order written."""

    values: list[Duration]


@dataclass(slots=True)
class DateTimeLiteral(Expression):
    """An instant. `value` is its RFC 3339 form."""

    value: str

    @property
    def time_ns(self) -> int:
        """The instant in nanoseconds since 1970 UTC."""
        return parse_instant(self.value)


@dataclass(slots=True)
class PipeLiteral(Expression):
    """`<-`: as a parameter's default it marks the one that a pipe fills."""


@dataclass(slots=True)
class LabelLiteral(Expression):
    """`.name`: a column's name in a type or as an argument."""

    value: str
