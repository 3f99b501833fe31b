"""How a function of the standard library is written, and how scripts find it.

A function is one file. Its folder below `stdlib/` is its import path (`strings/str_len.py` is of package `strings`),
its Flux name is the Python name in camelCase without underscores at its ends. Nothing else has to be told.

    @function("(v: string) => string")            # of plain values; asked once a row where a column is given
    def to_upper(v): ...

    @transformation("(<-tables: stream[A], n: int, ?offset: int) => stream[A] where A: Record")
    def limit(tables, n, offset=0): ...            # gets `Tables` (influxlite.flux.execute.block), gives `Tables`

    @macro("(<-tables: stream[A], …) => stream[B]")  # gets streams unread, gives a stream: built from other calls
    def aggregate_window(run, tables, …): ...

    highest_max = flux("(<-tables: stream[A], n: int, …) => stream[A]", '''written in Flux''', '''docstring''')

    pi = constant("float", math.pi)

The parameters are Flux's in snake_case (`as` is `as_`). A first parameter `run` is handed the `Run`: `run.call(fn, …)`
calls a Flux function, `run.tables(stream)` reads a stream. A function that works on whole columns has
`@to_upper.columns` on a second Python function with the same parameters, which gets a `Vec` for some of them and may
return NotImplemented. A file of many functions alike may make them in a loop and list them as `FUNCTIONS`;
constants that Python cannot name so are a dictionary `CONSTANTS`.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from influxlite.flux.functions import Native

ROOT = Path(__file__).parent
PYTHON_ROOT = "influxlite.flux.stdlib"


class Written:
    """A function of the library that is written in Flux itself; it becomes a closure when its package is loaded."""

    def __init__(
        self, signature: str, source: str, doc: str, imports: tuple[str, ...] = (), name: str | None = None
    ) -> None:
        self.signature = signature
        self.source = source
        self.doc = doc
        self.imports = imports
        self.name = name


class Constant:
    """A value of the library, and its type in Flux's words. `option` ones may be set by scripts."""

    def __init__(self, signature: str, value: Any, doc: str = "", *, option: bool = False) -> None:
        self.signature = signature
        self.value = value
        self.doc = doc
        self.option = option


class Builtin(Native):
    """A native function as its file sees it: the decorated name."""

    __slots__ = ()

    def columns(self, python: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: how the function works on whole columns at once."""
        self.vector = python
        return python


def function(
    signature: str, name: str | None = None, *, pure: bool = True, nulls: bool = True
) -> Callable[[Callable[..., Any]], Builtin]:
    """Decorator for a function of plain values. `pure`: equal arguments always give equal answers.

    Without `nulls` a null argument is an error (NullError), as it is where InfluxDB's own function panics.
    """

    def decorate(python: Callable[..., Any]) -> Builtin:
        made = Builtin(python, name or flux_name(python.__name__), signature, "function")
        made.pure = pure
        made.nulls = nulls
        return made

    return decorate


def transformation(
    signature: str, name: str | None = None, *, side_effect: bool = False
) -> Callable[[Callable[..., Any]], Builtin]:
    """Decorator for a function of streams. `side_effect`: it is run even when nobody reads its tables.

    An argument that is null, or a list that holds a null, is an error (NullError) when it is called.
    """

    def decorate(python: Callable[..., Any]) -> Builtin:
        made = Builtin(python, name or flux_name(python.__name__), signature, "transformation")
        made.side_effect = side_effect
        return made

    return decorate


def macro(signature: str, name: str | None = None) -> Callable[[Callable[..., Any]], Builtin]:
    """Decorator for a function that combines streams without reading them."""

    def decorate(python: Callable[..., Any]) -> Builtin:
        return Builtin(python, name or flux_name(python.__name__), signature, "macro")

    return decorate


def flux(signature: str, source: str, doc: str, imports: tuple[str, ...] = (), *, name: str | None = None) -> Written:
    """A function written in Flux: `source` is a function expression that may use `imports` and its own package.

    `name` is needed where Flux's is not the Python one in camelCase.
    """
    return Written(signature, source, doc, imports, name)


def constant(signature: str, value: Any, doc: str = "") -> Constant:
    """A constant of type `signature`."""
    return Constant(signature, value, doc)


def option(signature: str, value: Any, doc: str = "") -> Constant:
    """A value that a script may replace by an option statement."""
    return Constant(signature, value, doc, option=True)


def flux_name(python: str) -> str:
    """The Flux name of a Python one: `to_upper` is toUpper, `filter_` is filter; a leading underscore stays."""
    lead = "_" if python.startswith("_") else ""
    return lead + re.sub(r"_([a-z0-9])", lambda m: m[1].upper(), python.strip("_"))


Entry = Builtin | Written | Constant


@lru_cache(maxsize=1024)  # a script may name packages that we have not, as many as it likes
def entries(path: str) -> dict[str, Entry]:
    """What the package of an import path holds, by Flux name; empty where we have no such package."""
    folder = ROOT.joinpath(*path.split("/"))
    if not re.fullmatch(r"[A-Za-z0-9_/-]{1,200}", path) or not folder.is_dir():
        return {}
    found: dict[str, Entry] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules([str(folder)]) if not m.ispkg):
        loaded = importlib.import_module(f"{PYTHON_ROOT}.{path.replace('/', '.')}.{module}")
        found.update(getattr(loaded, "CONSTANTS", {}))
        for value in getattr(loaded, "FUNCTIONS", ()):
            value.package = path
            found[value.name] = value
        for python, value in vars(loaded).items():
            if isinstance(value, Builtin) and value.python.__module__ == loaded.__name__:
                value.package = path
                found[value.name] = value
            elif isinstance(value, (Written, Constant)) and python.islower():
                found[getattr(value, "name", None) or flux_name(python)] = value
    return found


@cache
def package_paths() -> tuple[str, ...]:
    """The import paths of all packages that we have."""
    files = (f for f in ROOT.rglob("*.py") if f.parent != ROOT and f.stem != "__init__")
    return tuple(sorted({str(f.parent.relative_to(ROOT)) for f in files}))
