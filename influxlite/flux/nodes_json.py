"""Flux's AST as JSON, both ways: what InfluxDB calls an AST file, as in the `extern` member of a query request."""

from __future__ import annotations

from typing import Any

from influxlite.flux import nodes, type_nodes
from influxlite.flux.nodes import NOWHERE, Duration, Node, SourceLocation, _plain_fields

MAX_DEPTH = (
    200  # of nodes below each other when reading: above all that the parser makes, well below Python's own limit
)

_BY_TYPE: dict[str, type[Node]] = {
    cls.__name__: cls
    for cls in (*vars(nodes).values(), *vars(type_nodes).values())
    if isinstance(cls, type) and issubclass(cls, Node)
}
_PARAMETER_KINDS = frozenset({"Required", "Optional", "Pipe"})
_NO_LOCATION = frozenset({"DictItem"})
_ALWAYS_TAGGED = frozenset(
    {"File", "PackageClause", "ImportDeclaration", "Block", "Property", "TypeExpression", "TypeConstraint"}
)
_NUMBER_AS_TEXT = frozenset({"IntegerLiteral", "UnsignedIntegerLiteral"})
_NEVER_TAGGED = frozenset({"Attribute", "PropertyType"})


class _Spans:
    """Cuts the text of a location out of the source."""

    def __init__(self, source: str) -> None:
        self.bytes = source.encode()
        self.starts = [0]
        for line in self.bytes.split(b"\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)

    def text(self, place: SourceLocation) -> str:
        start = self.starts[place.start_line - 1] + place.start_column - 1
        end = self.starts[place.end_line - 1] + place.end_column - 1
        return self.bytes[start:end].decode(errors="replace")


def write(node: Node, source: str | None = None) -> dict[str, Any]:
    """The node as JSON data. With `source`, or for a `File` that knows its text, locations carry their text."""
    if source is None and isinstance(node, nodes.File) and node.text:
        source = node.text
    return _write(node, _Spans(source) if source is not None else None, True)


def _write(node: Node, spans: _Spans | None, tagged: bool) -> dict[str, Any]:
    """One node, and with one call a level those below it: trees may be deep."""
    cls = type(node)
    out: dict[str, Any] = {}
    if (tagged or cls.__name__ in _ALWAYS_TAGGED) and cls.__name__ not in _NEVER_TAGGED:
        out["type"] = node.type
    if cls.__name__ not in _NO_LOCATION:
        _write_base(node, spans, out)
    for name in _plain_fields(cls):
        value = getattr(node, name)
        if _left_out(node, name, value):
            continue
        tag = name not in cls.untagged
        if isinstance(value, Node):
            value = _write(value, spans, tag)
        elif isinstance(value, list):
            items: list[Any] = []
            for item in value:
                items.append(_write(item, spans, tag) if isinstance(item, Node) else _plain(item))
            value = items
        elif name == "value" and node.type in _NUMBER_AS_TEXT:
            value = str(value)
        out[cls.json_names.get(name, name)] = value
    _write_comments(node, out)
    return out


def _left_out(node: Node, name: str, value: Any) -> bool:
    if name == "default":
        return node.type != "Optional"
    return not value and (name in type(node).optional or (name == "name" and value is None))


def _plain(item: Any) -> Any:
    return {"magnitude": item.magnitude, "unit": item.unit} if isinstance(item, Duration) else item


def _write_base(node: Node, spans: _Spans | None, out: dict[str, Any]) -> None:
    place = node.location
    nowhere = 0 in place
    if nowhere and not node.errors:
        return
    location: dict[str, Any] = {
        "start": {"line": place.start_line, "column": place.start_column},
        "end": {"line": place.end_line, "column": place.end_column},
    }
    if spans is not None and not nowhere:
        text = spans.text(place)
        if text:
            location["source"] = text
    out["location"] = location
    if node.errors:
        out["errors"] = [{"msg": message} for message in node.errors]
    if node.comments and node.comments.get(""):
        out["comments"] = _texts(node.comments[""])
    if isinstance(node, nodes.Statement) and node.attributes:
        out["attributes"] = [_write(attribute, spans, False) for attribute in node.attributes]


def _write_comments(node: Node, out: dict[str, Any]) -> None:
    for place, texts in (node.comments or {}).items():
        if not place or not texts:
            continue
        if place.startswith("comma:"):
            out["elements"][int(place[6:])]["comma"] = _texts(texts)
        elif place == "with":
            out["with"]["with"] = _texts(texts)
        else:
            out[place] = _texts(texts)


def _texts(comments: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"text": text} for text in comments]


# Reading ------------------------------------------------------------------------------------------


def from_json(data: Any, expected: str | None = None) -> Any:
    """The node that this JSON data means: the inverse of `Node.to_json`, lenient towards members it does not know.

    `expected` names the class where the data carries no "type". Comments are dropped. ValueError says what is wrong.
    """
    return _read(data, expected, 0)


def _read(data: Any, expected: str | None, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise ValueError("the AST is nested too deep")
    if not isinstance(data, dict):
        raise ValueError(f"expected an AST node, got {type(data).__name__}")
    kind = data.get("type") or expected
    if kind in _PARAMETER_KINDS:
        cls: type[Node] = type_nodes.ParameterType
    elif isinstance(kind, str) and kind in _BY_TYPE:
        cls = _BY_TYPE[kind]
    else:
        raise ValueError(f"unknown type of AST node: {kind!r}")
    values: dict[str, Any] = {"location": _read_location(data.get("location"))}
    if cls is type_nodes.ParameterType:
        values["kind"] = kind
    for name in _plain_fields(cls):
        value = data.get(cls.json_names.get(name, name))
        values[name] = _read_value(cls, name, value, depth)
    if isinstance(data.get("errors"), list) and data["errors"]:
        values["errors"] = [str(error.get("msg", "")) for error in data["errors"] if isinstance(error, dict)]
    if issubclass(cls, nodes.Statement) and data.get("attributes"):
        values["attributes"] = [_read(item, "Attribute", depth + 1) for item in data["attributes"]]
    return cls(**values)


_LISTS = frozenset(
    {"imports", "body", "params", "properties", "arguments", "parts", "values", "constraints", "kinds", "parameters"}
)
_NULLABLE = {
    "File": {"package"},
    "ImportDeclaration": {"as_"},
    "TestCaseStatement": {"extends"},
    "ObjectExpression": {"with_"},
    "Property": {"value"},
    "BadExpression": {"expression"},
    "RecordType": {"tvar"},
    "ParameterType": {"default", "name"},
}


def _read_value(cls: type[Node], name: str, value: Any, depth: int) -> Any:
    if cls is nodes.File and name in ("name", "metadata"):
        return value if isinstance(value, str) else ""
    if name == "elements" or (name in _LISTS and not (cls is nodes.FunctionExpression and name == "body")):
        if value is None:
            return []
        if not isinstance(value, list):
            raise ValueError(f"{cls.__name__}.{name} must be a list")
        if cls is nodes.DurationLiteral:
            return [_read_duration(item) for item in value]
        return [_read(item, cls.untagged.get(name), depth + 1) for item in value]
    if isinstance(value, dict):
        return _read(value, cls.untagged.get(name), depth + 1)
    if value is None:
        if name in _NULLABLE.get(cls.__name__, ()):
            return None
        raise ValueError(f"{cls.__name__} has no {name}")
    return _read_scalar(cls, value)


def _read_scalar(cls: type[Node], value: Any) -> Any:
    if cls.__name__ in _NUMBER_AS_TEXT:
        return int(value)
    if cls is nodes.FloatLiteral:
        return float(value)
    if cls is nodes.BooleanLiteral:
        return bool(value)
    if not isinstance(value, str):
        raise ValueError(f"{cls.__name__} holds a {type(value).__name__} where text should be")
    if cls is nodes.DateTimeLiteral:
        nodes.parse_instant(value)
    return value


def _read_duration(data: Any) -> Duration:
    if (
        not isinstance(data, dict)
        or not isinstance(data.get("magnitude"), int)
        or not isinstance(data.get("unit"), str)
    ):
        raise ValueError("a duration needs a magnitude and a unit")
    return Duration(data["magnitude"], data["unit"])


def _read_location(data: Any) -> SourceLocation:
    try:
        start, end = data["start"], data["end"]
        return SourceLocation(int(start["line"]), int(start["column"]), int(end["line"]), int(end["column"]))
    except (TypeError, KeyError, ValueError):
        return NOWHERE
