"""Functions as values: those written in a script, and those of the standard library."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux import nodes
from influxlite.flux.errors import NullError, invalid
from influxlite.flux.plan.steps import Step, Stream
from influxlite.flux.scope import Scope
from influxlite.flux.values import is_null
from influxlite.flux.vectors import NeedsRows, elementwise, holds_vec

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name in Flux, whether it must be given, whether a pipe fills it."""

    name: str
    required: bool
    piped: bool = False
    default: nodes.Expression | None = None


class Function:
    """What can be called. `call` takes arguments by name; the piped one is among them under its own name."""

    __slots__ = ()
    parameters: tuple[Parameter, ...]

    @property
    def name(self) -> str:
        """The name for messages."""
        raise NotImplementedError

    def call(self, run: Run, arguments: dict[str, Any], location: Any = None) -> Any:
        """The function's value; FluxError where arguments are missing, unknown or wrong."""
        raise NotImplementedError

    def pipe_name(self) -> str:
        """The name of the parameter that a pipe fills; FluxError where there is none."""
        for parameter in self.parameters:
            if parameter.piped:
                return parameter.name
        raise invalid("function does not take a pipe argument")

    def check(self, arguments: dict[str, Any]) -> None:
        """FluxError where an argument is unknown or a required one is missing."""
        known = {p.name for p in self.parameters}
        for name in arguments:
            if name not in known:
                raise invalid(f"found unexpected argument {name}")
        for parameter in self.parameters:
            if parameter.required and parameter.name not in arguments:
                if parameter.piped:
                    raise invalid("missing required pipe argument")
                raise invalid(f"missing required argument {parameter.name}")


class Closure(Function):
    """A function written in a script, with the names around it."""

    __slots__ = ("library", "node", "parameters", "scope")

    def __init__(self, node: nodes.FunctionExpression, parameters: tuple[Parameter, ...], scope: Scope) -> None:
        self.node = node
        self.parameters = parameters
        self.scope = scope
        self.library = False

    @property
    def name(self) -> str:
        """Functions of a script have no name of their own."""
        return "function"

    @property
    def holds_vec(self) -> bool:
        """Whether a column is among the names around it."""
        return self.scope.is_vector

    @property
    def row_count(self) -> int | None:
        """The number of rows of the columns around it."""
        return self.scope.row_count

    def select(self, mask: pl.Series) -> Closure:
        """The same function where `mask` is true."""
        return Closure(self.node, self.parameters, self.scope.select(mask))

    def call(self, run: Run, arguments: dict[str, Any], location: Any = None) -> Any:  # noqa: ARG002 - as all do
        """Evaluate the body with the arguments, defaults for those not given."""
        self.check(arguments)
        return run.interpreter.call_closure(self, arguments)


class Native(Function):
    """A function of the standard library, made by the decorators of `influxlite.flux.stdlib.registry`."""

    __slots__ = ("_name", "doc", "names", "nulls", "package", "parameters", "pure", "python", "reads", "side_effect",
                 "signature", "style", "takes_run", "vector")  # fmt: skip

    def __init__(self, python: Callable[..., Any], name: str, signature: str, style: str) -> None:
        """`style` is "function" (of values), "transformation" (of streams) or "macro" (builds steps itself)."""
        self.python = python
        self._name = name
        self.signature = signature
        self.style = style
        self.package = ""
        self.doc = inspect.getdoc(python) or ""
        self.pure = True
        self.vector: Callable[..., Any] | None = None
        self.side_effect = False
        self.nulls = style != "transformation"
        self.parameters = parameters_of(signature)
        self.reads = next((p.name for p in self.parameters if p.piped and f"<-{p.name}: stream[" in signature), "")
        accepted = list(inspect.signature(python).parameters)
        self.takes_run = bool(accepted) and accepted[0] == "run"
        self.names = {p.name: python_name(p.name) for p in self.parameters}

    @property
    def name(self) -> str:
        """Its name in Flux."""
        return self._name

    def call(self, run: Run, arguments: dict[str, Any], location: Any = None) -> Any:
        """A value, or for a transformation the step that will be run later."""
        self.check(arguments)
        if self.style == "transformation":
            if holds_vec(list(arguments.values())):
                raise NeedsRows
            self._check_values(arguments)
            called, at = run.interpreter.library_call or (None, location)
            return Stream(Step(self, arguments, at, called))
        if self.style == "macro":
            if holds_vec(list(arguments.values())):
                raise NeedsRows
            return self._combined(run, arguments, location)
        if holds_vec(list(arguments.values())):
            if self.vector is not None:
                answer = self._vectorised(run, arguments)
                if answer is not NotImplemented:
                    return answer
            return elementwise(lambda a: self.apply(run, a), arguments, pure=self.pure)
        return self.apply(run, arguments)

    def _check_values(self, arguments: dict[str, Any]) -> None:
        """What a step reads is a stream, and nothing else is null."""
        if self.reads and not isinstance(arguments[self.reads], Stream):
            raise invalid("argument is not a table object: got values.value")
        if not self.nulls:
            self._refuse_nulls(arguments)

    def _refuse_nulls(self, arguments: dict[str, Any]) -> None:
        for name, value in arguments.items():
            if is_null(value) or (isinstance(value, list) and any(map(is_null, value))):
                raise NullError(name)

    def _combined(self, run: Run, arguments: dict[str, Any], location: Any) -> Any:
        """A macro's stream; faults of its steps are told at the place of its own call."""
        interpreter = run.interpreter
        outer = interpreter.library_call
        if outer is None and location is not None:
            interpreter.library_call = self.name, location
        try:
            return self.apply(run, arguments)
        finally:
            interpreter.library_call = outer

    def _vectorised(self, run: Run, arguments: dict[str, Any]) -> Any:
        assert self.vector is not None
        given = {self.names[k]: v for k, v in arguments.items()}
        return self.vector(run, **given) if self.takes_run else self.vector(**given)

    def apply(self, run: Run, arguments: dict[str, Any]) -> Any:
        """Call the Python function itself with plain arguments (a transformation: with tables that were read)."""
        if not self.nulls and self.style == "function":
            self._refuse_nulls(arguments)
        given = {self.names[k]: v for k, v in arguments.items()}
        return self.python(run, **given) if self.takes_run else self.python(**given)


def python_name(name: str) -> str:
    """Flux's camelCase as Python's snake_case, with an underscore where Python reserves the word."""
    snake = re.sub(r"(?<=[a-z0-9])([A-Z]+)", lambda m: "_" + m[1].lower(), name)
    return (
        snake + "_"
        if snake in ("as", "from", "with", "in", "not", "and", "or", "if", "else", "import", "lambda")
        else snake
    )


def parameters_of(signature: str) -> tuple[Parameter, ...]:
    """The parameters in a signature such as `(<-tables: stream[A], n: int, ?offset: int) => stream[A]`."""
    inside = _first_parenthesis(signature)
    if inside is None:
        return ()
    found = []
    for part in _split(inside):
        name = part.split(":", 1)[0].strip()
        piped = name.startswith("<-")
        optional = name.startswith("?")
        found.append(Parameter(name.lstrip("<-?").strip(), not optional, piped))
    return tuple(found)


def _first_parenthesis(text: str) -> str | None:
    text = text.strip()
    if not text.startswith("("):
        return None
    depth = 0
    for i, c in enumerate(text):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if not depth:
            return text[1:i]
    raise ValueError(f"unbalanced signature {text}")


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text + ","):
        if c == "," and not depth:
            if text[start:i].strip():
                parts.append(text[start:i].strip())
            start = i + 1
        depth += 1 if c in "([{" else -1 if c in ")]}" else 0
    return parts
