"""Names in force at a point of a script: a chain from a function's own names out to the universe's."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.vectors import holds_vec, length_of, select


class Scope:
    """Names and their values, and the scope around it."""

    __slots__ = ("is_vector", "names", "parent")

    def __init__(self, names: dict[str, Any], parent: Scope | None = None) -> None:
        self.names = names
        self.parent = parent
        self.is_vector = (parent is not None and parent.is_vector) or any(map(holds_vec, names.values()))

    def lookup(self, name: str) -> Any:
        """The value of `name`; KeyError where nobody defined it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        raise KeyError(name)

    def owner(self, name: str) -> Scope | None:
        """The innermost scope that defines `name`."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.parent
        return scope

    def define(self, name: str, value: Any) -> None:
        """Give `name` a value here."""
        self.names[name] = value
        if not self.is_vector and holds_vec(value):
            self.is_vector = True

    def select(self, mask: pl.Series) -> Scope:
        """The same names, every column cut down to the rows where `mask` is true."""
        if not self.is_vector:
            return self
        parent = self.parent.select(mask) if self.parent is not None else None
        return Scope({name: select(value, mask) for name, value in self.names.items()}, parent)

    @property
    def row_count(self) -> int | None:
        """The number of rows of the columns in it."""
        scope: Scope | None = self
        while scope is not None and scope.is_vector:
            count = next((n for n in map(length_of, scope.names.values()) if n is not None), None)
            if count is not None:
                return count
            scope = scope.parent
        return None
