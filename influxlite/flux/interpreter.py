"""From syntax tree to values. Table calls become steps of a plan; nothing is read here.

The same evaluation serves functions over rows: there the columns of a block are `Vec`s and one pass gives the answer
for all rows. Branches are taken per row: where a condition is a column, each branch sees only its own rows, so that a
branch that is not taken cannot fail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux import nodes, operators
from influxlite.flux.conversions import to_text
from influxlite.flux.errors import CancelledError, ConditionError, FluxError, NullError, OperandsError, invalid
from influxlite.flux.functions import Closure, Function, Native, Parameter
from influxlite.flux.plan.steps import FOUND, Stream
from influxlite.flux.scope import Scope
from influxlite.flux.values import (
    MONTHS,
    NANOSECONDS,
    Dict,
    Duration,
    Dynamic,
    Null,
    Record,
    Regexp,
    Time,
    UInt,
    is_null,
    type_name,
    wrap_int,
)
from influxlite.flux.vectors import (
    NeedsRows,
    Vec,
    constant,
    explode,
    from_values,
    holds_vec,
    length_of,
    merge,
    must_be_bool,
    select,
)

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

MAX_DEPTH = 150
"""How deep calls may nest; a script that calls itself without end gets an error instead of a crash."""


class Interpreter:
    """Evaluates one script. `side_effects` collects the streams whose tables must be made."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.side_effects: list[Stream] = []
        self.depth = 0
        self.row_depth = -1
        self.on_columns = False  # inside of what InfluxDB runs on whole columns
        self.in_storage = False  # inside of a filter that InfluxDB's storage would do
        self.library_call: tuple[str, Any] | None = None  # the script's call of the library that is being evaluated
        """The depth of the body of a function over rows; InfluxDB's errors do not name the calls in it."""

    # statements

    def execute(self, file: nodes.File, scope: Scope) -> None:
        """Run a file's statements; names and options are left in `scope`."""
        for declaration in file.imports:
            path = declaration.path.value
            alias = declaration.as_.name if declaration.as_ else path.rsplit("/", 1)[-1]
            scope.define(alias, self.run.library.package(path, declaration.location))
        for statement in file.body:
            self._statement(statement, scope)

    def _statement(self, statement: nodes.Node, scope: Scope) -> None:
        if isinstance(statement, nodes.VariableAssignment):
            name = statement.id.name
            scope.define(name, self.evaluate(statement.init, scope))
        elif isinstance(statement, nodes.ExpressionStatement):
            value = self.evaluate(statement.expression, scope)
            if isinstance(value, Stream) and value.step.name != FOUND:
                self.side_effects.append(value)
        elif isinstance(statement, nodes.OptionStatement):
            self._option(statement.assignment, scope)
        elif not isinstance(statement, (nodes.BuiltinStatement, nodes.TestCaseStatement)):
            raise invalid(f"error {statement.location}: invalid statement")

    def _option(self, assignment: nodes.VariableAssignment | nodes.MemberAssignment, scope: Scope) -> None:
        value = self.evaluate(assignment.init, scope)
        if isinstance(assignment, nodes.MemberAssignment):
            package = self.evaluate(assignment.member.object, scope)
            if not isinstance(package, Record):
                raise invalid(f"error {assignment.location}: cannot set an option of what is no package")
            package[_key(assignment.member.property)] = value
            self.run.library.set_option(package, _key(assignment.member.property), value)
            return
        name = assignment.id.name
        owner = scope.owner(name)
        (owner or scope).define(name, value)
        scope.define(name, value)

    # expressions

    def evaluate(self, node: nodes.Node, scope: Scope) -> Any:
        """The value of an expression."""
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise invalid(f"error {node.location}: invalid expression")
        return handler(self, node, scope)

    def _identifier(self, node: nodes.Identifier, scope: Scope) -> Any:
        try:
            return scope.lookup(node.name)
        except KeyError:
            raise invalid(f"error {node.location}: undefined identifier {node.name}") from None

    def _string(self, node: nodes.StringExpression, scope: Scope) -> Any:
        parts: list[Any] = []
        for part in node.parts:
            if isinstance(part, nodes.TextPart):
                parts.append(part.value)
                continue
            value = self.evaluate(part.expression, scope)
            if isinstance(value, Vec) and value.kind == "string":
                if value.series.null_count():
                    raise invalid("string expression evaluated to null")
                parts.append(value)
            elif holds_vec(value):
                texts = from_values([_interpolated(v) for v in explode(value, length_of(value) or 0)])
                parts.append(texts if texts is not None else "")
            else:
                parts.append(_interpolated(value))
        if not any(isinstance(p, Vec) for p in parts):
            return "".join(parts)
        pieces = [p.series.rename(f"p{i}") if isinstance(p, Vec) else p for i, p in enumerate(parts)]
        frame = pl.DataFrame([p for p in pieces if isinstance(p, pl.Series)])
        columns = [pl.col(p.name) if isinstance(p, pl.Series) else pl.lit(p) for p in pieces]
        return Vec(frame.select(pl.concat_str(columns).alias("s"))["s"], "string")

    def _array(self, node: nodes.ArrayExpression, scope: Scope) -> list[Any]:
        return [self.evaluate(e, scope) for e in node.elements]

    def _dict(self, node: nodes.DictExpression, scope: Scope) -> Dict:
        entries = {}
        for item in node.elements:
            key = self.evaluate(item.key, scope)
            if isinstance(key, Vec):
                raise NeedsRows
            entries[key] = self.evaluate(item.val, scope)
        if any(map(holds_vec, entries.values())):
            raise NeedsRows
        return Dict(entries)

    def _object(self, node: nodes.ObjectExpression, scope: Scope) -> Any:
        made = Record()
        for prop in node.properties:
            name = _key(prop.key)
            made[name] = self.evaluate(prop.value if prop.value is not None else prop.key, scope)
        if node.with_ is None:
            return made
        base = self._identifier(node.with_, scope)
        if hasattr(base, "extended"):
            return base.extended(made)
        if is_null(base):
            raise invalid('null value on left hand side of "with" in record literal')
        if isinstance(base, Vec):
            raise NeedsRows
        if not isinstance(base, Record):
            raise invalid(f'value on left hand side of "with" in record literal has type {type_name(base)}')
        return Record({**base, **made})

    def _member(self, node: nodes.MemberExpression, scope: Scope) -> Any:
        base = self.evaluate(node.object, scope)
        return self.member(base, _key(node.property))

    def member(self, base: Any, name: str) -> Any:
        """Property `name` of a record, null where it has none."""
        if isinstance(base, Record):
            value = base.get(name)
            if value is None and base.__class__ is not Record and name not in base:
                return base.missing(name)  # type: ignore[attr-defined]
            return value
        if hasattr(base, "get_property"):
            return base.get_property(name)
        if isinstance(base, Vec):
            if base.kind != "object":
                raise invalid(f"cannot access property of a value with type {base.kind}; expected record")
            return from_values([self.member(v, name) for v in base.series])
        if isinstance(base, Dynamic):
            return self._dynamic_member(base.inner, name)
        if is_null(base):
            raise invalid("cannot access property of a null value; expected record")
        raise invalid(f"cannot access property of a value with type {type_name(base)}; expected record")

    def _dynamic_member(self, inner: Any, name: str) -> Dynamic:
        if not isinstance(inner, Record):
            kind = "invalid" if inner is None else type_name(inner)
            raise invalid(f'cannot access property "{name}" on value of type {kind}')
        value = inner.get(name)
        return value if isinstance(value, Dynamic) else Dynamic(value)

    def _index(self, node: nodes.IndexExpression, scope: Scope) -> Any:
        base = self.evaluate(node.array, scope)
        index = self.evaluate(node.index, scope)
        if isinstance(base, Vec) or isinstance(index, Vec):
            raise NeedsRows
        return self.item(base, index)

    def item(self, base: Any, index: Any) -> Any:
        """Element `index` of an array, or a property of a record by a computed name."""
        if isinstance(base, Dynamic):
            inner = base.inner
            if isinstance(inner, list) and isinstance(index, int) and 0 <= index < len(inner):
                return Dynamic(inner[index])
            return self.member(base, index) if isinstance(index, str) else Dynamic(None)
        if isinstance(index, str):
            return self.member(base, index)
        if is_null(base):
            raise invalid("cannot index into a null value; expected an array")
        if not isinstance(base, list):
            raise invalid(f"cannot index into a value of type {type_name(base)}; expected an array")
        if is_null(index):
            raise invalid("cannot index into an array with null value; expected an int")
        if type(index) is not int:
            raise invalid(f"cannot index into an array with value of type {type_name(index)}; expected an int")
        if not 0 <= index < len(base):
            raise FluxError("out of range", f"cannot access element {index} of array of length {len(base)}")
        return base[index]

    def _call(self, node: nodes.CallExpression, scope: Scope, piped: Any = None, has_pipe: bool = False) -> Any:
        callee = self.evaluate(node.callee, scope)
        arguments: dict[str, Any] = {}
        for argument in node.arguments:
            assert isinstance(argument, nodes.ObjectExpression)
            given = self._object(argument, scope)
            if not isinstance(given, Record):
                raise NeedsRows
            arguments.update(given)
        if not isinstance(callee, Function):
            raise invalid(f"error {node.location}: cannot call a value of type {type_name(callee)}")
        if has_pipe:
            name = callee.pipe_name()
            if name in arguments:
                raise invalid(f"error {node.location}: pipe argument {name} was also given by name")
            arguments[name] = piped
        outermost = self.library_call is None and isinstance(callee, Closure) and callee.library
        if outermost:
            self.library_call = _callee_name(node), node.location
        try:
            return self.run.call(callee, arguments, node.location)
        except (CancelledError, NullError):
            raise
        except FluxError as problem:
            name = _callee_name(node)
            if self.depth != self.row_depth and not name.startswith("_"):
                problem.message = f'error calling function "{name}" {node.location}: {problem.message}'
            raise
        finally:
            if outermost:
                self.library_call = None

    def _pipe(self, node: nodes.PipeExpression, scope: Scope) -> Any:
        piped = self.evaluate(node.argument, scope)
        return self._call(node.call, scope, piped, True)

    def _function(self, node: nodes.FunctionExpression, scope: Scope) -> Closure:
        parameters = []
        for prop in node.params:
            piped = isinstance(prop.value, nodes.PipeLiteral)
            default = None if piped else prop.value
            parameters.append(Parameter(_key(prop.key), default is None, piped, default))
        return Closure(node, tuple(parameters), scope)

    def call_closure(self, closure: Closure, arguments: dict[str, Any]) -> Any:
        """Evaluate a closure's body; arguments were checked already."""
        if self.depth > MAX_DEPTH:
            raise invalid("functions are nested too deep; does one call itself?")
        self.run.check()
        for parameter in closure.parameters:
            if parameter.name not in arguments and parameter.default is not None:
                arguments = {**arguments, parameter.name: self.evaluate(parameter.default, closure.scope)}
        scope = Scope(dict(arguments), closure.scope)
        self.depth += 1
        try:
            body = closure.node.body
            if not isinstance(body, nodes.Block):
                return self.evaluate(body, scope)
            for statement in body.body:
                if isinstance(statement, nodes.ReturnStatement):
                    return self.evaluate(statement.argument, scope)
                self._statement(statement, scope)
            raise invalid(f"error {body.location}: missing return statement in block")
        finally:
            self.depth -= 1

    # operators

    def _binary(self, node: nodes.BinaryExpression, scope: Scope) -> Any:
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        if self.in_storage:
            return operators.in_storage(node.operator, left, right)
        try:
            return operators.binary(node.operator, left, right)
        except OperandsError as problem:
            if isinstance(node.right, LITERALS):
                first, second = problem.operands
                problem.operands = second, first
            raise

    def _unary(self, node: nodes.UnaryExpression, scope: Scope) -> Any:
        value = self.evaluate(node.argument, scope)
        if node.operator == "exists":
            return operators.exists(value)
        if node.operator == "-":
            return operators.negate(value)
        return operators.logical_not(value) if node.operator == "not" else value

    def _logical(self, node: nodes.LogicalExpression, scope: Scope) -> Any:
        left = self.evaluate(node.left, scope)
        conjunction = node.operator == "and"
        if self.on_columns:
            return self._logical_columns(node, left, conjunction, scope)
        if isinstance(left, Vec):
            return self._logical_rows(node, left, conjunction, scope)
        if not is_null(left) and not isinstance(left, bool):
            raise _no_operand(type_name(left), node.operator)
        if conjunction and (is_null(left) or not left):
            return False
        if not conjunction and left is True:
            return True
        return self._checked_right(node, scope)

    def _checked_right(self, node: nodes.LogicalExpression, scope: Scope) -> Any:
        right = self.evaluate(node.right, scope)
        if not is_null(right) and type_name(right) != "bool":
            raise _no_operand(type_name(right), node.operator)
        return right

    def _logical_rows(self, node: nodes.LogicalExpression, left: Vec, conjunction: bool, scope: Scope) -> Any:
        if left.kind != "bool":
            raise _no_operand(left.kind, node.operator)
        known = left.series.fill_null(False)
        open_rows = known if conjunction else ~known
        if not open_rows.any():
            if is_safe(node.right):  # its types are judged, of no rows
                self._checked_right(node, scope.select(open_rows))
            return Vec(constant(not conjunction, len(left), pl.Boolean()), "bool")
        if open_rows.all():
            return self._checked_right(node, scope)
        if is_safe(node.right):
            right = self._checked_right(node, scope)
            if is_null(right):
                right = Vec(constant(None, len(left), pl.Boolean()), "bool")
            cells = right.series if isinstance(right, Vec) else pl.lit(right)
            decided = pl.select(pl.when(open_rows).then(cells).otherwise(not conjunction)).to_series()
            return Vec(decided, "bool")
        return merge(open_rows, self._checked_right(node, scope.select(open_rows)), not conjunction)

    def _logical_columns(self, node: nodes.LogicalExpression, left: Any, conjunction: bool, scope: Scope) -> Any:
        """As InfluxDB does on whole columns (`influxlite.flux.whole_columns`): a null may be true or false."""
        if left is (not conjunction):
            return left
        right = self._checked_right(node, scope)
        if not isinstance(left, Vec) and not isinstance(right, Vec):
            sides = [None if is_null(side) else side for side in (left, right)]
            decided = (not conjunction) in sides
            return not conjunction if decided else Null("bool") if None in sides else conjunction
        n = len(left) if isinstance(left, Vec) else len(right)
        x, y = (_truths(side, n) for side in (left, right))
        return Vec(x & y if conjunction else x | y, "bool")

    def _conditional(self, node: nodes.ConditionalExpression, scope: Scope) -> Any:
        test = self.evaluate(node.test, scope)
        if isinstance(test, Vec):
            if test.kind != "bool":
                raise _no_test(test.kind)
            mask = test.series.fill_null(False)
            if mask.all():
                return self._typed_null(node, self.evaluate(node.consequent, scope))
            if not mask.any():
                return self._typed_null(node, self.evaluate(node.alternate, scope))
            if self.on_columns:
                branches = self.evaluate(node.consequent, scope), self.evaluate(node.alternate, scope)
                return merge(mask, select(branches[0], mask), select(branches[1], ~mask))
            then = self.evaluate(node.consequent, scope.select(mask))
            other = self.evaluate(node.alternate, scope.select(~mask))
            return merge(mask, then, other)
        if not is_null(test) and not isinstance(test, bool):
            raise _no_test(type_name(test))
        return self._typed_null(node, self.evaluate(node.consequent if test is True else node.alternate, scope))

    def _typed_null(self, node: nodes.ConditionalExpression, value: Any) -> Any:
        """The value of a conditional; a null without a type gets the one that a literal in a branch tells."""
        if value is not None:
            return value
        kind = _literal_kind(node)
        return None if kind is None else Null(kind)


def _no_operand(kind: str, operator: str) -> ConditionError:
    return ConditionError(kind, f"cannot use operand of type {kind} with logical {operator}")


def _no_test(kind: str) -> ConditionError:
    return ConditionError(kind, f"cannot use test of type {kind} in conditional expression")


def _literal_kind(node: nodes.Node) -> str | None:
    """The type of an expression where a literal, in it or in a branch of it, tells."""
    if isinstance(node, nodes.ParenExpression):
        return _literal_kind(node.expression)
    if isinstance(node, nodes.ConditionalExpression):
        return _literal_kind(node.consequent) or _literal_kind(node.alternate)
    return LITERAL_KINDS.get(type(node))


LITERAL_KINDS: dict[type[nodes.Node], str] = {
    nodes.StringLiteral: "string",
    nodes.StringExpression: "string",
    nodes.FloatLiteral: "float",
    nodes.IntegerLiteral: "int",
    nodes.BooleanLiteral: "bool",
    nodes.DateTimeLiteral: "time",
}


def _truths(value: Any, n: int) -> pl.Series:
    """The truth values of one side of `and` or `or`, as n cells."""
    if not isinstance(value, Vec):
        return constant(None if is_null(value) else value, n, pl.Boolean())
    return must_be_bool(value, f"cannot use type {value.kind} in vectorized logical expression; expected boolean")


def _interpolated(value: Any) -> str:
    if is_null(value):
        raise invalid("string expression evaluated to null")
    return to_text(value)


def _callee_name(node: nodes.CallExpression) -> str:
    """A called function's name as messages have it."""
    callee = node.callee
    if isinstance(callee, nodes.Identifier):
        return callee.name
    return _key(callee.property) if isinstance(callee, nodes.MemberExpression) else "<anonymous function>"


def _key(node: nodes.Node) -> str:
    return node.value if isinstance(node, nodes.StringLiteral) else node.name  # type: ignore[attr-defined]


def _duration(_: Interpreter, node: nodes.DurationLiteral, __: Scope) -> Duration:
    months = sum(part.magnitude * MONTHS[part.unit] for part in node.values if part.unit in MONTHS)
    ns = sum(part.magnitude * NANOSECONDS[part.unit] for part in node.values if part.unit not in MONTHS)
    return Duration(months, ns)


def is_safe(node: nodes.Node) -> bool:
    """Whether evaluating it on a row where it is not asked for can do no harm: no calls, nothing that can fail."""
    if isinstance(node, (nodes.LogicalExpression, nodes.BinaryExpression)):
        dangerous = isinstance(node, nodes.BinaryExpression) and node.operator in "/%"
        return not dangerous and is_safe(node.left) and is_safe(node.right)
    if isinstance(node, nodes.UnaryExpression):
        return is_safe(node.argument)
    if isinstance(node, nodes.ParenExpression):
        return is_safe(node.expression)
    if isinstance(node, nodes.MemberExpression):
        return isinstance(node.object, nodes.Identifier)
    return isinstance(node, (nodes.Identifier, nodes.RegexpLiteral, *LITERALS))


LITERALS = (
    nodes.StringLiteral,
    nodes.FloatLiteral,
    nodes.IntegerLiteral,
    nodes.BooleanLiteral,
    nodes.DateTimeLiteral,
)


_HANDLERS: dict[type, Callable[[Interpreter, Any, Scope], Any]] = {
    nodes.Identifier: Interpreter._identifier,
    nodes.StringExpression: Interpreter._string,
    nodes.ArrayExpression: Interpreter._array,
    nodes.DictExpression: Interpreter._dict,
    nodes.ObjectExpression: Interpreter._object,
    nodes.MemberExpression: Interpreter._member,
    nodes.IndexExpression: Interpreter._index,
    nodes.CallExpression: Interpreter._call,
    nodes.PipeExpression: Interpreter._pipe,
    nodes.FunctionExpression: Interpreter._function,
    nodes.BinaryExpression: Interpreter._binary,
    nodes.UnaryExpression: Interpreter._unary,
    nodes.LogicalExpression: Interpreter._logical,
    nodes.ConditionalExpression: Interpreter._conditional,
    nodes.ParenExpression: lambda self, node, scope: self.evaluate(node.expression, scope),
    nodes.StringLiteral: lambda _, node, __: node.value,
    nodes.IntegerLiteral: lambda _, node, __: wrap_int(node.value),
    nodes.UnsignedIntegerLiteral: lambda _, node, __: UInt(node.value),
    nodes.FloatLiteral: lambda _, node, __: node.value,
    nodes.BooleanLiteral: lambda _, node, __: node.value,
    nodes.RegexpLiteral: lambda _, node, __: Regexp(node.value),
    nodes.DurationLiteral: _duration,
    nodes.DateTimeLiteral: lambda _, node, __: Time(wrap_int(node.time_ns)),
    nodes.LabelLiteral: lambda _, node, __: node.value,
}

__all__ = ["Interpreter", "Native", "is_safe"]
