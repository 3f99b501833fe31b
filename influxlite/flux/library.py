"""The standard library as one query sees it: packages as records, with the options that the script has set."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from influxlite.flux import nodes
from influxlite.flux.errors import invalid
from influxlite.flux.functions import Closure
from influxlite.flux.parser import parse
from influxlite.flux.scope import Scope
from influxlite.flux.stdlib import registry
from influxlite.flux.types.environment import published
from influxlite.flux.values import Record

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


PRELUDE = ("universe", "influxdata/influxdb")
"""The packages whose names every script sees without an import."""


class Package(Record):
    """A package's names. Asking for one that it lacks is an error, not null.

    Functions written in Flux are made when they are first asked for, by `make`: most queries use none of them.
    """

    __slots__ = ("make", "path", "written")

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.written: dict[str, registry.Written] = {}
        self.make: Callable[[registry.Written], Any] = lambda _: None

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self.written

    def __missing__(self, name: str) -> Any:
        value = self[name] = self.make(self.written[name])
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name, made now where nobody has asked for it yet."""
        return self[name] if name in self else default  # noqa: SIM401 - this is what it would call

    def missing(self, name: str) -> Any:
        """Says that we lack `name`; FluxError always."""
        if not self and not self.written:
            raise invalid(f'package "{self.path}" is not available here ({name} was asked for)')
        raise invalid(f'package "{self.path}" has no function or value named {name} here')


class Library:
    """Packages of one query, loaded when they are imported."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.loaded: dict[str, Package] = {}
        self.universe = Scope(Package("universe"))
        for path in PRELUDE:
            self._fill(self.universe.names, path)  # type: ignore[arg-type]

    def package(self, path: str, location: Any) -> Package:
        """The package of an import path; FluxError where Flux has none of that path."""
        found = self.loaded.get(path)
        if found is None:
            if path not in published() and not registry.entries(path):
                raise invalid(f"error {location}: invalid import path {path}")
            found = self.loaded[path] = Package(path)
            self._fill(found, path)
        return found

    def set_option(self, package: Record, name: str, value: Any) -> None:
        """Remember an option of a package. The time zone is one option, seen with and without its package."""
        package[name] = value
        if package is self.loaded.get("internal/location"):
            self.universe.names[name] = value

    def _fill(self, package: Package, path: str) -> None:
        scope = self.universe if package is self.universe.names else Scope(package, self.universe)
        fixed, options, written = _parts(path)
        package.update(fixed)
        for name, value in options.items():
            package[name] = value(self.run)
        package.written.update(written)
        package.make = lambda entry: self._made(entry, scope)

    def _made(self, entry: registry.Written, scope: Scope) -> Any:
        around = Scope({p.rsplit("/", 1)[-1]: self.package(p, None) for p in entry.imports}, scope)
        value = self.run.interpreter.evaluate(_expression(entry.source), around)
        if isinstance(value, Closure):
            value.library = True
        return value


@cache
def _parts(path: str) -> tuple[dict[str, Any], dict[str, Callable[[Run], Any]], dict[str, registry.Written]]:
    """What a package holds: what is the same for every query, the options that each has its own of, what is Flux."""
    fixed: dict[str, Any] = {}
    options: dict[str, Callable[[Run], Any]] = {}
    written: dict[str, registry.Written] = {}
    for name, entry in registry.entries(path).items():
        if isinstance(entry, registry.Written):
            written[name] = entry
        elif not isinstance(entry, registry.Constant):
            fixed[name] = entry
        elif entry.option and callable(entry.value):
            options[name] = entry.value
        else:
            fixed[name] = entry.value
    return fixed, options, written


@cache
def _expression(source: str) -> nodes.Node:
    statement = parse(source).body[0]
    assert isinstance(statement, nodes.ExpressionStatement)
    return statement.expression
