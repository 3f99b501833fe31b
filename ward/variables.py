"""What a dashboard's variables may be: from a question, a list, or typed; one may depend on those before it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ward.columns import Table
from ward.dashboards import Dashboard, flux_of
from ward.errors import NotAllowed

MOST_VALUES, LONGEST_VALUE, MOST_OPTIONS = 500, 200, 2_000
Options = list[dict[str, str]]


def checked(values: object) -> dict[str, list[str]]:
    """The values that the page sent, each a list of texts; raises `NotAllowed` for anything else."""
    if not isinstance(values, dict) or len(values) > 50:
        raise NotAllowed("unfit-value", "The variables must be an object of at most 50 values.")
    found: dict[str, list[str]] = {}
    for name, given in values.items():
        listed = given if isinstance(given, list) else [given]
        if not re.fullmatch(r"\w{1,64}", str(name)) or len(listed) > MOST_VALUES:
            raise NotAllowed("unfit-value", "A variable has too many values, or a name that is none.")
        if not all(isinstance(value, str) and len(value) <= LONGEST_VALUE for value in listed):
            raise NotAllowed("unfit-value", f"A value of {name} is no text, or longer than {LONGEST_VALUE} characters.")
        found[str(name)] = list(listed)
    return found


def options(variable: dict[str, Any], ask: Callable[[str], list[Table]]) -> Options:
    """What can be chosen: `{"text", "value"}` each. `ask` answers the variable's question."""
    kind = variable.get("type")
    if kind == "query":
        found = _from_tables(ask(flux_of(variable)), str(variable.get("regex") or ""))
        sort = variable.get("sort") or 0
        return _sorted(found, sort)
    if kind in ("custom", "interval"):
        return [_option(part) for part in _parts(str(variable.get("query") or ""))][:MOST_OPTIONS]
    if kind in ("constant", "textbox"):
        text = str(variable.get("query") or "")
        return [{"text": text, "value": text}]
    return [{"text": str(one.get("text")), "value": str(one.get("value"))} for one in variable.get("options") or []]


def with_fixed(dashboard: Dashboard, values: Mapping[str, Sequence[str]], timezone: str) -> dict[str, list[str]]:
    """The values with those that the page cannot choose: constants, and the ward's time zone."""
    constants = {
        str(one["name"]): [str(one.get("query") or "")]
        for one in dashboard.variables()
        if one.get("type") == "constant"
    }
    return {**{name: list(value) for name, value in values.items()}, **constants, "timezone": [timezone]}


def _parts(query: str) -> list[str]:
    """A custom variable's list: commas between, `\\,` for one that belongs to a value."""
    return [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", query) if part.strip()]


def _option(part: str) -> dict[str, str]:
    text, sign, value = part.partition(" : ")
    return {"text": text.strip(), "value": value.strip()} if sign else {"text": part, "value": part}


def _from_tables(tables: list[Table], pattern: str) -> Options:
    """The values of the first column of texts, as in Grafana, else of `_value` or the first that is no time."""
    keep = re.compile(pattern.strip("/")) if pattern else None
    found: dict[str, None] = {}
    for table in tables:
        names = [name for name in (*table.columns, *table.key) if table.kinds[name] != "time"]
        texts = [name for name in names if table.kinds[name] == "string"]
        value_of = next(iter([*texts, *(name for name in names if name == "_value"), *names]), "")
        for row in table.rows():
            value = row.get(value_of)
            if value is None or (keep and not keep.search(str(value))) or len(found) >= MOST_OPTIONS:
                continue
            found[_text(value)] = None
    return [{"text": value, "value": value} for value in found]


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _sorted(found: Options, sort: int) -> Options:
    """Grafana's orders: 1 and 2 by text, 3 and 4 by number, 5 and 6 without regard to case; even ones backwards."""
    if not sort:
        return found

    def key(option: dict[str, str]) -> tuple[float, str]:
        number = re.search(r"\d+(?:\.\d+)?", option["text"]) if sort in (3, 4, 7, 8) else None
        return (float(number[0]) if number else 0.0, option["text"].lower() if sort > 4 else option["text"])

    return sorted(found, key=key, reverse=sort % 2 == 0)
