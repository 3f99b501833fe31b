"""What type each expression has: Hindley and Milner's inference, with records whose rows may be unknown.

Every method takes a node and answers its type; what is wrong is noted and the type `ERROR` goes on in its place, so
that one reading reports all that is wrong. A name that is assigned is general: each use gets types of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from influxlite.flux import nodes
from influxlite.flux.parser import Fault
from influxlite.flux.types import environment
from influxlite.flux.types.environment import Package
from influxlite.flux.types.mismatches import Mismatch, MissingLabel, settle
from influxlite.flux.types.monotypes import (
    BOOL,
    DURATION,
    DYNAMIC,
    EMPTY,
    ERROR,
    FLOAT,
    INT,
    REGEXP,
    STRING,
    TIME,
    UINT,
    Collection,
    Dictionary,
    Function,
    Label,
    Optional,
    Pipe,
    PolyType,
    Record,
    Type,
    Variable,
    free_variables,
    generalize,
    properties,
    resolve,
)
from influxlite.flux.types.signatures import from_expression
from influxlite.flux.types.unify import constrain, unify, unify_functions

MAX_FOUND = 1_000  # faults, after which the rest of a program is not read
Scope = dict[str, "PolyType | Package"]

_ARITHMETIC = {
    "+": "Addable",
    "-": "Subtractable",
    "*": "Divisible",
    "/": "Divisible",
    "^": "Divisible",
    "%": "Divisible",
}
_COMPARISON = {
    "==": ("Equatable",),
    "!=": ("Equatable",),
    "<": ("Comparable",),
    ">": ("Comparable",),
    "<=": ("Equatable", "Comparable"),
    ">=": ("Equatable", "Comparable"),
}


class Inference:
    """The inference over one program."""

    def __init__(self, known: frozenset[str] = frozenset()) -> None:
        self.found: list[tuple[nodes.SourceLocation, Mismatch | str]] = []
        self._scopes: list[Scope] = [dict.fromkeys(known, environment.UNKNOWN)]
        self._undefined: dict[str, Variable] = {}  # one type for all uses of a name that nobody defined

    def faults(self) -> list[Fault]:
        """What was found to be wrong, in words; the inference is over then."""
        settle(what for _, what in self.found if isinstance(what, Mismatch))
        return [Fault(place, what if isinstance(what, str) else what.text()) for place, what in self.found]

    # Statements -------------------------------------------------------------------------------------------------

    def file(self, file: nodes.File) -> None:
        """A file; its names stay for the next one, its imports do not."""
        imports: list[str] = []
        for declaration in file.imports:
            path = declaration.path.value
            name = declaration.as_.name if declaration.as_ else path.rsplit("/", 1)[-1]
            package = environment.package(path)
            if package is None:
                self.found.append((declaration.location, f"invalid import path {path}"))
            self._scopes[-1][name] = package or environment.UNKNOWN
            imports.append(name)
        for statement in file.body:
            self.statement(statement)
            if len(self.found) > MAX_FOUND:
                break
        for name in imports:
            self._scopes[-1].pop(name, None)

    def statement(self, node: nodes.Node) -> None:
        """A statement outside of functions."""
        if isinstance(node, nodes.ExpressionStatement):
            self.infer(node.expression)
        elif isinstance(node, nodes.VariableAssignment):
            self.assignment(node)
        elif isinstance(node, nodes.OptionStatement):
            self.option(node)
        elif isinstance(node, nodes.ReturnStatement):
            self.found.append((node.location, "return not valid in file block"))
        elif isinstance(node, nodes.BuiltinStatement):
            self._scopes[-1][node.id.name] = from_expression(node.ty, [])
        elif isinstance(node, nodes.TestCaseStatement):
            self._scopes.append({})
            for statement in node.block.body:
                self.statement(statement)
            self._scopes.pop()

    def assignment(self, node: nodes.VariableAssignment) -> None:
        """The name gets the type of its value, for all types that are still open."""
        type_ = self.infer(node.init)
        self._scopes[-1][node.id.name] = generalize(type_, self._fixed())

    def option(self, node: nodes.OptionStatement) -> None:
        """An option; one of a package must be of its type."""
        if isinstance(node.assignment, nodes.VariableAssignment):
            self.assignment(node.assignment)
            return
        value = self.infer(node.assignment.init)
        member = self.infer(node.assignment.member)
        self._equal(member, value, node.assignment.init)

    def _fixed(self) -> dict[Variable, None]:
        """The variables that belong to something around: parameters, and names that nobody defined."""
        fixed: dict[Variable, None] = {}
        for scope in self._scopes[1:]:
            for entry in scope.values():
                if isinstance(entry, PolyType):
                    free_variables(entry.type, fixed)
        for variable in self._undefined.values():
            free_variables(variable, fixed)
        return fixed

    # Helpers ----------------------------------------------------------------------------------------------------

    def _equal(self, expected: Type, found: Type, place: nodes.Node) -> Type:
        errors: list[Mismatch] = []
        unify(expected, found, errors)
        if not errors:
            return expected
        location = spot(place)
        self.found.extend((location, error) for error in errors)
        return ERROR

    def _constrain(self, kind: str, type_: Type, place: nodes.Node) -> None:
        error = constrain(kind, type_)
        if error is not None:
            self.found.append((spot(place), error))

    def _instantiate(self, found: PolyType, place: nodes.Node) -> Type:
        type_, fresh = found.instantiate()
        for index, kinds in found.kinds.items():
            for kind in kinds:
                self._constrain(kind, fresh[index], place)
        return type_

    def _lookup(self, name: str) -> PolyType | Package | None:
        for scope in reversed(self._scopes):
            found = scope.get(name)
            if found is not None:
                return found
        return environment.prelude(name)

    # Expressions ------------------------------------------------------------------------------------------------

    def infer(self, node: nodes.Node) -> Type:
        """The type of an expression."""
        method = _METHODS.get(type(node))
        return ERROR if method is None else method(self, node)

    def identifier(self, node: nodes.Identifier) -> Type:
        """The type that the name was given."""
        found = self._lookup(node.name)
        if found is None:
            self.found.append((node.location, f"undefined identifier {node.name}"))
            return self._undefined.setdefault(node.name, Variable())
        return found.record() if isinstance(found, Package) else self._instantiate(found, node)

    def array(self, node: nodes.ArrayExpression) -> Type:
        """All elements are of the first one's type."""
        element: Type | None = None
        for item in node.elements:
            type_ = self.infer(item)
            element = type_ if element is None else self._equal(element, type_, item)
        return Collection("array", Variable() if element is None else element)

    def dictionary(self, node: nodes.DictExpression) -> Type:
        """All keys are of one type, all values of another."""
        key, value = Variable(), Variable()
        for item in node.elements:
            key_type, value_type = self.infer(item.key), self.infer(item.val)
            self._equal(key, key_type, item.key)
            self._equal(value, value_type, item.val)
        self._constrain("Comparable", key, node)
        return Dictionary(key, value)

    def record(self, node: nodes.ObjectExpression) -> Type:
        """The properties, in front of those of the record that it extends."""
        made = EMPTY if node.with_ is None else self.identifier(node.with_)
        for item in reversed(node.properties):
            value = self._property_value(item)
            made = Record(key_of(item), value, made)
        return made

    def _property_value(self, item: nodes.Property) -> Type:
        if item.value is not None:
            return self.infer(item.value)
        return self.identifier(item.key) if isinstance(item.key, nodes.Identifier) else ERROR

    def string(self, node: nodes.StringExpression) -> Type:
        """What is interpolated must be able to become text."""
        for part in node.parts:
            if isinstance(part, nodes.InterpolatedPart):
                self._constrain("Stringable", self.infer(part.expression), part.expression)
        return STRING

    def binary(self, node: nodes.BinaryExpression) -> Type:
        """Arithmetic needs one type on both sides; a comparison needs only that each side can be compared."""
        left, right = self.infer(node.left), self.infer(node.right)
        kind = _ARITHMETIC.get(node.operator)
        if kind is not None:
            type_ = self._equal(left, right, node.right)
            self._constrain(kind, left, node)
            return type_
        if node.operator in _COMPARISON:
            for side, type_ in ((node.left, left), (node.right, right)):
                for kind in _COMPARISON[node.operator]:
                    self._constrain(kind, type_, side)
        elif node.operator in ("=~", "!~"):
            self._equal(STRING, left, node.left)
            self._equal(REGEXP, right, node.right)
        else:
            self.found.append((node.location, f"invalid binary operator {node.operator}"))
            return ERROR
        return BOOL

    def logical(self, node: nodes.LogicalExpression) -> Type:
        """Both sides are bool."""
        left, right = self.infer(node.left), self.infer(node.right)
        self._equal(BOOL, left, node.left)
        self._equal(BOOL, right, node.right)
        return BOOL

    def unary(self, node: nodes.UnaryExpression) -> Type:
        """`not` of a bool, `exists` of anything, a sign before what can be negated."""
        type_ = self.infer(node.argument)
        if node.operator == "not":
            self._equal(BOOL, type_, node.argument)
            return BOOL
        if node.operator == "exists":
            return BOOL
        self._constrain("Negatable", type_, node.argument)
        return type_

    def conditional(self, node: nodes.ConditionalExpression) -> Type:
        """The test is bool, both branches of one type."""
        self._equal(BOOL, self.infer(node.test), node.test)
        consequent, alternate = self.infer(node.consequent), self.infer(node.alternate)
        return self._equal(consequent, alternate, node.alternate)

    def member(self, node: nodes.MemberExpression) -> Type:
        """What the record holds under this name: if its row is open, it must."""
        name = node.property.name if isinstance(node.property, nodes.Identifier) else node.property.value
        object_ = bare(node.object)
        if isinstance(object_, nodes.Identifier):
            package = self._lookup(object_.name)
            if isinstance(package, Package):
                found = package.member(name)
                if found is None:
                    self.found.append((object_.location, MissingLabel(name)))
                    return Variable()
                return self._instantiate(found, object_)
        type_ = resolve(self.infer(node.object))
        if type_ is DYNAMIC or type_ is ERROR:
            return type_
        for label, value in properties(type_):
            if label == name:
                return value
        result = Variable()
        self._equal(Record(name, result, Variable()), type_, node.object)
        return result

    def index(self, node: nodes.IndexExpression) -> Type:
        """An element of an array."""
        array, index = self.infer(node.array), self.infer(node.index)
        self._equal(INT, index, node.index)
        if isinstance(array, Collection) and array.kind == "array":
            return array.element
        element = Variable()
        self._equal(Collection("array", element), array, node.array)
        return element

    # Functions --------------------------------------------------------------------------------------------------

    def call(self, node: nodes.CallExpression, pipe: nodes.Expression | None = None) -> Type:
        """The result of a function, whose arguments must be of its parameters' types."""
        result = Variable()
        callee = resolve(self.infer(node.callee))
        given: dict[str, Type] = {}
        places: dict[str, nodes.SourceLocation] = {}
        for argument in node.arguments[:1]:
            for item in argument.properties if isinstance(argument, nodes.ObjectExpression) else ():
                given[key_of(item)] = self._property_value(item)
                places[key_of(item)] = spot(item.key if item.value is None else item.value)
        piped = None if pipe is None else Pipe("<-", self.infer(pipe))
        call = Function(given, {}, piped, result)
        callee = resolve(callee)
        if isinstance(callee, Function):
            for name, error in unify_functions(callee, call):
                self.found.append((places.get(name, node.location) if isinstance(name, str) else node.location, error))
        else:
            self._equal(callee, call, node)
        return result

    def pipe(self, node: nodes.PipeExpression) -> Type:
        """A call with what is piped into it."""
        return self.call(node.call, node.argument)

    def function(self, node: nodes.FunctionExpression) -> Type:
        """Parameters of any type that the body allows; a default must fit, but does not narrow its parameter."""
        scope: Scope = {}
        required: dict[str, Type] = {}
        optional: dict[str, Optional] = {}
        pipe: Pipe | None = None
        for parameter in node.params:
            name, variable = key_of(parameter), Variable()
            scope[name] = PolyType(variable)
            if isinstance(parameter.value, nodes.PipeLiteral):
                pipe = Pipe(name, variable)
            elif parameter.value is None:
                required[name] = variable
            else:
                optional[name] = Optional(variable)
        self._scopes.append(scope)
        result = self.block(node.body) if isinstance(node.body, nodes.Block) else self.infer(node.body)
        self._scopes.pop()
        made = Function(required, optional, pipe, result)
        if optional:
            self._check_defaults(node, made)
        return made

    def _check_defaults(self, node: nodes.FunctionExpression, function: Function) -> None:
        general = generalize(function, self._fixed(), settle=False)
        defaults = {
            key_of(parameter): Optional(self.infer(parameter.value))
            for parameter in node.params
            if parameter.value is not None and not isinstance(parameter.value, nodes.PipeLiteral)
        }
        required: dict[str, Type] = {name: Variable() for name in function.required}
        pipe = function.pipe and Pipe(function.pipe.name, Variable())
        self._equal(self._instantiate(general, node), Function(required, defaults, pipe, Variable()), node)

    def block(self, node: nodes.Block) -> Type:
        """The type of what the last statement returns."""
        result: Type = ERROR
        for statement in node.body:
            if isinstance(statement, nodes.VariableAssignment):
                self.assignment(statement)
            elif isinstance(statement, nodes.ExpressionStatement):
                self.infer(statement.expression)
            elif isinstance(statement, nodes.ReturnStatement) and statement is node.body[-1]:
                result = self.infer(statement.argument)
        return result


def bare(node: nodes.Node) -> nodes.Node:
    """An expression without the parentheses around it."""
    while isinstance(node, nodes.ParenExpression):
        node = node.expression
    return node


def spot(node: nodes.Node) -> nodes.SourceLocation:
    """Where InfluxDB says that an expression stands: inside its parentheses; a pipe is where its call is."""
    node = bare(node)
    return node.call.location if isinstance(node, nodes.PipeExpression) else node.location


def key_of(item: nodes.Property) -> str:
    """The name of a property, an argument or a parameter."""
    return item.key.name if isinstance(item.key, nodes.Identifier) else item.key.value


_METHODS: dict[type, Callable[[Inference, Any], Type]] = {
    nodes.Identifier: Inference.identifier,
    nodes.ArrayExpression: Inference.array,
    nodes.DictExpression: Inference.dictionary,
    nodes.FunctionExpression: Inference.function,
    nodes.LogicalExpression: Inference.logical,
    nodes.ObjectExpression: Inference.record,
    nodes.MemberExpression: Inference.member,
    nodes.IndexExpression: Inference.index,
    nodes.BinaryExpression: Inference.binary,
    nodes.UnaryExpression: Inference.unary,
    nodes.CallExpression: Inference.call,
    nodes.PipeExpression: Inference.pipe,
    nodes.ConditionalExpression: Inference.conditional,
    nodes.StringExpression: Inference.string,
    nodes.ParenExpression: lambda inference, node: inference.infer(node.expression),
    nodes.IntegerLiteral: lambda *_: INT,
    nodes.FloatLiteral: lambda *_: FLOAT,
    nodes.StringLiteral: lambda *_: STRING,
    nodes.DurationLiteral: lambda *_: DURATION,
    nodes.UnsignedIntegerLiteral: lambda *_: UINT,
    nodes.BooleanLiteral: lambda *_: BOOL,
    nodes.DateTimeLiteral: lambda *_: TIME,
    nodes.RegexpLiteral: lambda *_: REGEXP,
    nodes.LabelLiteral: lambda _, node: Label(node.value),
}
