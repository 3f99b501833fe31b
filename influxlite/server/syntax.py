"""Looking at Flux without running it: its tree, its faults, and the functions that can be called."""

import functools
from typing import Any

from influxlite.flux import nodes_json, parser, type_nodes
from influxlite.flux.stdlib import registry
from influxlite.server.errors import ApiError

PRELUDE = ("universe", "influxdata/influxdb")
WORDS: dict[type[type_nodes.MonoType], str] = {
    type_nodes.StreamType: "stream",
    type_nodes.ArrayType: "array",
    type_nodes.FunctionType: "function",
    type_nodes.RecordType: "object",
    type_nodes.DictType: "dictionary",
    type_nodes.VectorType: "vector",
    type_nodes.DynamicType: "dynamic",
}


def tree(script: str) -> dict[str, Any]:
    """The script's tree as InfluxDB's package of one file; ApiError where it has faults."""
    file, faults = parser.parse_with_faults(script)
    if faults:
        fault = faults[0]
        place = f"{fault.location.start_line}:{fault.location.start_column}"
        end = f"{fault.location.end_line}:{fault.location.end_column}"
        raise ApiError("invalid", f"invalid AST: loc {place}-{end}: {fault.message}")
    return {"type": "Package", "package": "main", "files": [nodes_json.write(file, script)]}


def faults(script: str) -> list[dict[str, Any]]:
    """The script's faults with their places."""
    return [
        {"line": one.location.start_line, "column": one.location.start_column, "character": 0, "message": one.message}
        for one in parser.parse_with_faults(script)[1]
    ]


def suggestions() -> list[dict[str, Any]]:
    """The functions of the prelude by name, each with the types of its parameters ("invalid" where one is open)."""
    names = {name: entry for path in PRELUDE for name, entry in registry.entries(path).items()}
    return [{"name": name, "params": _parameters(names[name].signature)} for name in sorted(names)]


@functools.cache
def _parameters(signature: str) -> dict[str, str]:
    """Parameter names and their types in one word, from a signature."""
    function = parser.parse_type(signature).monotype
    if not isinstance(function, type_nodes.FunctionType):
        return {}
    named = {one.name.name: _word(one.monotype) for one in function.parameters if one.name is not None}
    return dict(sorted(named.items()))


def _word(kind: type_nodes.MonoType) -> str:
    """A type in one word."""
    if isinstance(kind, type_nodes.NamedType):
        return kind.name.name
    return WORDS.get(type(kind), "invalid")
