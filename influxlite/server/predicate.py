"""The predicate of a delete request: `tag = "value" AND tag != "value" …`, with InfluxDB's own complaints.

    predicate = rule { "AND" rule } ;
    rule      = "(" predicate ")" | key ( "=" | "!=" ) value ;
    key       = identifier | '"' … '"' ;
    value     = identifier | '"' … '"' | [ "-" ] number | duration | "true" | "false" ;

A series that does not have the key matches neither `=` nor `!=`. `_measurement` is the measurement; deleting by
`_field` is not possible.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from influxlite.server.errors import ApiError
from influxlite.storage import Series

MOST_NESTED = 64
_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<quoted>"(?:[^"\\\n]|\\.)*")|(?P<string>'(?:[^'\\\n]|\\.)*')
    |(?P<duration>\d+(?:ns|us|µs|u|µ|ms|s|m|h|d|w)(?:\d+(?:ns|us|µs|u|µ|ms|s|m|h|d|w))*)|(?P<number>\d+\.\d*|\.\d+|\d+)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>=~|!~|!=|<>|<=|>=|[=<>()+*/%-])|(?P<bad>"[^"\n]*|'[^'\n]*|.)""",
    re.VERBOSE,
)
_UNKNOWN = "ILLEGAL"


class Rule(NamedTuple):
    """One comparison: the tag `key` (or `_measurement`) is, or is not, `value`."""

    key: str
    value: str
    equal: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    """A token: its kind, its text, and where it stands. `kind` is "end" at the end."""

    kind: str
    text: str
    at: int

    def named(self) -> str:
        """Its name in a complaint about an operator."""
        if self.kind == "end":
            return "EOF"
        if self.kind == "word" and self.text.upper() in ("AND", "OR"):
            return self.text.upper()
        if self.kind in ("bad", "string"):
            return "STRING" if self.kind == "string" else _UNKNOWN
        return {"quoted": "IDENT", "word": "IDENT", "number": "NUMBER", "duration": "DURATIONVAL"}.get(
            self.kind, self.text
        )


def parse(text: str) -> list[Rule]:
    """The rules of a predicate, all of which must hold. ApiError where InfluxDB refuses it."""
    if not text:
        return []
    if not text.strip():
        raise _ended(len(text))
    return _Parser(text).predicate()


def matches(rules: list[Rule], series: Series) -> bool:
    """Whether all rules hold for a series."""
    tags = dict(series.tags)
    for key, value, equal in rules:
        actual = series.measurement if key == "_measurement" else tags.get(key)
        if actual is None or (actual == value) != equal:
            return False
    return True


def _invalid(message: str, lead: str = "error decoding json body: ") -> ApiError:
    """A refusal."""
    return ApiError("invalid", f"{lead}{message}")


def _ended(at: int) -> ApiError:
    """The refusal of a predicate that ends where a rule should begin."""
    told = f"found EOF, expected identifier, string, number, bool at line 1, char {at + 2}"
    return _invalid(f"error parsing predicate: {told}", "invalid request; ")


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._marks = [
            _Mark(str(found.lastgroup), found.group(), found.start())
            for found in _TOKEN.finditer(text)
            if found.lastgroup != "space"
        ]
        self._marks.append(_Mark("end", "", len(text)))
        self._at = 0

    def _next(self) -> _Mark:
        mark = self._marks[self._at]
        self._at = min(self._at + 1, len(self._marks) - 1)
        return mark

    def _peek(self) -> _Mark:
        return self._marks[self._at]

    def predicate(self, depth: int = 0) -> list[Rule]:
        """predicate = rule { "AND" rule }"""
        if depth > MOST_NESTED:
            raise _invalid("too many levels of brackets")
        rules = self._rule(depth)
        while True:
            mark = self._next()
            word = mark.text.upper() if mark.kind == "word" else ""
            if word == "AND":
                if self._peek().kind == "end":
                    raise _ended(self._peek().at)
                rules += self._rule(depth)
            elif word == "OR":
                raise _invalid(f"the logical operator OR is not supported yet at position {self._place(mark)}")
            elif mark.kind == "end":
                if depth:
                    raise _invalid("extra ( seen")
                return rules
            elif mark.text == ")" and mark.kind == "sign":
                if not depth:
                    raise _invalid("extra ) seen")
                return rules
            elif mark.kind in ("word", "quoted"):
                raise _invalid(r"the logical operator '\x00' is invalid")
            else:
                raise _invalid(f"bad logical expression, at position {mark.at}")

    def _rule(self, depth: int) -> list[Rule]:
        """rule = "(" predicate ")" | key operator value"""
        mark = self._next()
        if mark.kind == "sign" and mark.text == "(":
            return self.predicate(depth + 1)
        if mark.kind == "number":
            raise _invalid(f"bad tag key, at position {mark.at}")
        if mark.kind not in ("word", "quoted"):
            raise _invalid(f"bad logical expression, at position {mark.at}")
        if mark.kind == "word" and mark.text.lower() == "name":
            told = "error parsing predicate: found NAME, expected identifier, string, number, bool at line 1, char "
            raise _invalid(f"{told}{mark.at + 1}", "invalid request; ")
        key = _unquoted(mark)
        operator = self._next()
        if operator.text in ("=~", "!~"):
            raise _invalid(f'operator: "{operator.text}" at position: {self._place(operator)} is not supported yet')
        if operator.kind != "sign" or operator.text not in ("=", "!=", "<>"):
            raise _invalid(f'invalid operator "{operator.named()}" at position: {self._place(operator)}')
        value = self._value()
        if key == "_field" and operator.text == "=":
            raise ApiError("not implemented", "delete by field is not supported")
        return [Rule(key, value, operator.text == "=")]

    def _place(self, mark: _Mark) -> int:
        """Where InfluxDB says that a token stands: its scanner counts one more at the end."""
        return mark.at + (mark.kind == "end")

    def _value(self) -> str:
        """value = identifier | quoted | number | duration | bool"""
        sign = ""
        mark = self._next()
        while mark.kind == "sign" and mark.text == "-":
            sign = "-"
            mark = self._next()
        if mark.kind == "word" and mark.text.lower() in ("true", "false"):
            return mark.text.lower()
        if mark.kind in ("word", "quoted", "number", "duration"):
            return sign + _unquoted(mark)
        raise _invalid(f'bad tag value: "{mark.text.strip(chr(39)).lstrip(chr(34))}", at position {mark.at - 1}')


def _unquoted(mark: _Mark) -> str:
    """The text that a token means."""
    if mark.kind != "quoted":
        return mark.text
    return re.sub(r"\\(.)", lambda found: "\n" if found.group(1) == "n" else found.group(1), mark.text[1:-1])
