"""The standard library as one query sees it: packages as records, with the options that the script has set."""

from __future__ import annotations

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
    """A package's names. Asking for one that it lacks is an error, not null."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def missing(self, name: str) -> Any:
        """Says that we lack `name`; FluxError always."""
        if not self:
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
        written = []
        for name, entry in registry.entries(path).items():
            if isinstance(entry, registry.Constant):
                package[name] = entry.value(self.run) if entry.option and callable(entry.value) else entry.value
            elif isinstance(entry, registry.Written):
                written.append((name, entry))
            else:
                package[name] = entry
        for name, entry in written:
            around = Scope({p.rsplit("/", 1)[-1]: self.package(p, None) for p in entry.imports}, scope)
            value = self.run.interpreter.evaluate(_expression(entry.source), around)
            if isinstance(value, Closure):
                value.library = True
            package[name] = value


@cache
def _expression(source: str) -> nodes.Node:
    statement = parse(source).body[0]
    assert isinstance(statement, nodes.ExpressionStatement)
    return statement.expression
