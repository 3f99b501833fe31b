"""What a program must keep to apart from types: where a `return` may stand, that names are given once, and the like."""

from __future__ import annotations

from collections.abc import Iterator

from influxlite.flux import nodes
from influxlite.flux.parser import Fault
from influxlite.flux.types.signatures import from_expression

_STATEMENT_NAMES = {
    "OptionStatement": "option",
    "BuiltinStatement": "builtin",
    "TestCaseStatement": "testcase",
    "BadStatement": "bad",
}


def broken_rules(files: list[nodes.File]) -> list[Fault]:
    """The faults in the shape of a program; of names and options the first one only, as InfluxDB reports them."""
    found: list[Fault] = []
    for file in files:
        for statement in file.body:
            _shape(statement, found)
    first = _option_twice(files) or _name_twice(files) or _label(files) or _option_on_option(files)
    return [*found, first] if first else found


# Shape ----------------------------------------------------------------------------------------------------------


def _shape(node: nodes.Node, found: list[Fault]) -> None:
    if isinstance(node, nodes.PipeLiteral):
        message = "a pipe literal may only be used as a default value for an argument in a function definition"
        found.append(Fault(node.location, message))
    elif isinstance(node, nodes.FunctionExpression):
        _function(node, found)
    elif isinstance(node, nodes.BuiltinStatement):
        from_expression(node.ty, found)
    elif isinstance(node, nodes.PipeExpression):
        _shape(node.call, found)
        _shape(node.argument, found)
    elif isinstance(node, nodes.ObjectExpression):
        for item in node.properties:
            _shape(item, found)
    else:
        for child in node.children():
            _shape(child, found)


def _function(function: nodes.FunctionExpression, found: list[Fault]) -> None:
    piped = False
    for parameter in function.params:
        if isinstance(parameter.value, nodes.PipeLiteral):
            if piped:
                found.append(Fault(parameter.value.location, "function types can have at most one pipe parameter"))
            piped = True
        elif parameter.value is not None:
            _shape(parameter.value, found)
    for parameter in function.params:
        if not isinstance(parameter.key, nodes.Identifier):
            found.append(Fault(parameter.location, "function parameters must be identifiers"))
    if isinstance(function.body, nodes.Block):
        _block(function.body, found)
    else:
        _shape(function.body, found)


def _block(block: nodes.Block, found: list[Fault]) -> None:
    kept: list[nodes.Statement] = []
    for statement in block.body:
        name = _STATEMENT_NAMES.get(statement.type)
        if name is None:
            _shape(statement, found)
            kept.append(statement)
        else:
            found.append(Fault(statement.location, f"invalid {name} statement in function block"))
    last = kept[-1] if kept else block
    if not isinstance(last, nodes.ReturnStatement):
        found.append(Fault(last.location, "missing return statement in block"))
    for statement in reversed(kept[:-1]):
        if isinstance(statement, nodes.ReturnStatement):
            found.append(Fault(statement.location, "invalid return statement in function block"))


# Names and options ----------------------------------------------------------------------------------------------


def _options(files: list[nodes.File]) -> Iterator[tuple[str, nodes.OptionStatement]]:
    """The option statements and the names that they set: `name`, or `package.name`."""
    for file in files:
        for statement in file.body:
            if isinstance(statement, nodes.OptionStatement):
                assignment = statement.assignment
                if isinstance(assignment, nodes.VariableAssignment):
                    yield assignment.id.name, statement
                elif isinstance(assignment.member.object, nodes.Identifier):
                    yield f"{assignment.member.object.name}.{_key(assignment.member.property)}", statement


def _key(key: nodes.Identifier | nodes.StringLiteral) -> str:
    return key.name if isinstance(key, nodes.Identifier) else key.value


def _option_twice(files: list[nodes.File]) -> Fault | None:
    seen: set[str] = set()
    for name, statement in _options(files):
        if name in seen:
            return Fault(statement.location, f'option "{name}" reassigned')
        seen.add(name)
    return None


def _name_twice(files: list[nodes.File]) -> Fault | None:
    options = {name for name, _ in _options(files)}
    names: set[str] = set()
    for file in files:
        for statement in file.body:
            fault = _assigned_twice(statement, names, options)
            if fault:
                return fault
    return None


def _assigned_twice(node: nodes.Node, names: set[str], options: set[str]) -> Fault | None:
    """The first name in `node` that its scope, whose names are `names`, has already. `options` only at the top."""
    if isinstance(node, nodes.OptionStatement):
        return _assigned_twice(node.assignment.init, names, options)
    if isinstance(node, nodes.VariableAssignment):
        name = node.id.name
        if name in names:
            return Fault(node.location, f'variable "{name}" reassigned')
        if name in options:
            return Fault(node.location, f'variable "{name}" conflicts with option of same name')
        names.add(name)
    elif isinstance(node, (nodes.FunctionExpression, nodes.TestCaseStatement)):
        names, options = set(), set()
        if isinstance(node, nodes.FunctionExpression):
            names = {_key(parameter.key) for parameter in node.params}
    for child in node.children():
        fault = _assigned_twice(child, names, options)
        if fault:
            return fault
    return None


def _label(files: list[nodes.File]) -> Fault | None:
    last: Fault | None = None
    for file in files:
        for statement in file.body:
            for node in _below(statement):
                if isinstance(node, nodes.LabelLiteral):
                    message = "Labels are currently experimental. (See the labelPolymorphism feature)"
                    last = Fault(node.location, message)
    return last


def _below(node: nodes.Node) -> Iterator[nodes.Node]:
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, nodes.BuiltinStatement):
            todo.extend(reversed(node.children()))


def _option_on_option(files: list[nodes.File]) -> Fault | None:
    options = {name for name, _ in _options(files)}
    for name, statement in _options(files):
        if isinstance(statement.assignment, nodes.VariableAssignment):
            used = _free_name(statement.assignment.init, options, frozenset({name}))
            if used:
                message = f'option "{name}" depends on option "{used.name}", which is defined in the same package'
                return Fault(used.location, message)
    return None


def _free_name(node: nodes.Node, options: set[str], own: frozenset[str]) -> nodes.Identifier | None:
    """The first use in `node` of one of these options by its name, where no parameter or variable hides it."""
    if isinstance(node, nodes.Identifier):
        return node if node.name in options and node.name not in own else None
    if isinstance(node, nodes.FunctionExpression):
        own |= {_key(parameter.key) for parameter in node.params}
    if isinstance(node, nodes.Block):
        own |= {s.id.name for s in node.body if isinstance(s, nodes.VariableAssignment)}
    for child in _values(node):
        used = _free_name(child, options, own)
        if used:
            return used
    return None


def _values(node: nodes.Node) -> list[nodes.Node]:
    """The nodes directly below that are evaluated: not the names of members, properties and variables."""
    if isinstance(node, nodes.MemberExpression):
        return [node.object]
    if isinstance(node, nodes.Property):
        return [node.value if node.value is not None else node.key]
    if isinstance(node, nodes.VariableAssignment):
        return [node.init]
    if isinstance(node, nodes.FunctionExpression):
        return [*(p.value for p in node.params if p.value is not None), node.body]
    return node.children()
