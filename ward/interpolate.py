"""Puts what Grafana's variables stand for into a question, as Flux literals, and nothing else.

Grafana replaces text. Here the question is read token by token, and what stands for a variable depends on where it is:

- within quotes (`"${room}"`) the characters of its value, each escaped that means something there;
- outside (`${rooms:json}`, `${rooms:doublequote}`) string literals, a list or a sequence of them;
- outside and bare (`every: ${every}`) only a duration or a number, since that is no text;
- in a regular expression (`/^${room:regex}$/`) its characters with all that is a pattern's escaped.

`v.timeRangeStart`, `v.timeRangeStop`, `v.windowPeriod`, `v.defaultBucket`, `v.bucket` and `v.organization` become
literals as well, as in Grafana's Flux data source, and so do `$__interval`, `$__from`, `$__to`. No value can end the
literal that it stands in, so none can change what is asked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from query.literals import text_literal
from ward.errors import NotAllowed

Values = Mapping[str, Sequence[str]]
# A regular expression literal begins where a value may begin; a division stands behind a value.
_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*)
      | (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<regex>(?<=[~(,=:\[])\s*/(?:[^/\\\n]|\\.)+/)
      | (?P<range>\bv\.(?P<member>\w+))
      | (?P<variable>\$\{(?P<braced>\w+)(?::(?P<format>\w+))?\}|\$(?P<plain>\w+)|\[\[(?P<square>\w+)\]\])
    """,
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{(?P<braced>\w+)(?::(?P<format>\w+))?\}|\$(?P<plain>[A-Za-z_]\w*)|\[\[(?P<square>\w+)\]\]")
_BARE = re.compile(r"-?(?:\d{1,18}(?:ns|us|µs|ms|mo|s|m|h|d|w|y))+|-?\d{1,18}(?:\.\d{1,18})?|true|false", re.ASCII)
_PATTERN_SIGNS = re.compile(r"[\\^$.|?*+()\[\]{}/-]")
_STEPS_MS = (
    1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_200_000,
    1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000, 2_592_000_000,
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """What is looked at: from `start_ms` (inclusive) to `stop_ms`, in at most about `points` points a series."""

    start_ms: int
    stop_ms: int
    points: int = 1_000

    @property
    def step_ms(self) -> int:
        """The width of a window that gives no more points than that: a round one."""
        least = (self.stop_ms - self.start_ms) / max(1, self.points)
        return next((step for step in _STEPS_MS if step >= least), _STEPS_MS[-1])


def interpolate(flux: str, values: Values, span: Span, *, bucket: str, org: str) -> str:
    """The question with every variable replaced. Raises `NotAllowed` where one has no value, or none that fits."""
    known = {**values, **_built_in(span)}

    def replace(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return _in_text(found["text"], known)
        if found["regex"] is not None:
            return _VARIABLE.sub(lambda inner: _in_pattern(inner, known), found["regex"])
        if found["range"] is not None:
            return _of_range(found["member"], span, bucket, org) or found[0]
        if found["variable"] is not None:
            return _in_code(found, known)
        return found[0]

    return _TOKEN.sub(replace, flux)


def _built_in(span: Span) -> dict[str, list[str]]:
    return {
        "__from": [str(span.start_ms)],
        "__to": [str(span.stop_ms)],
        "__interval": [f"{span.step_ms}ms"],
        "__interval_ms": [str(span.step_ms)],
        "__range": [f"{span.stop_ms - span.start_ms}ms"],
    }


def _of_range(member: str, span: Span, bucket: str, org: str) -> str | None:
    """A member of Grafana's record `v` as a literal, None where it is no member of it."""
    return {
        "timeRangeStart": _instant(span.start_ms),
        "timeRangeStop": _instant(span.stop_ms),
        "windowPeriod": f"{span.step_ms}ms",
        "defaultBucket": text_literal(bucket),
        "bucket": text_literal(bucket),
        "organization": text_literal(org),
    }.get(member)


def _instant(ms: int) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def _name(found: re.Match[str]) -> str:
    return found["braced"] or found["plain"] or found["square"]


def _values_of(found: re.Match[str], known: Values) -> Sequence[str]:
    values = known.get(_name(found))
    if values is None:
        raise NotAllowed("no-value", f"Nothing is chosen for {_name(found)}.")
    return values


def _in_text(literal: str, known: Values) -> str:
    """A string literal with the variables in it replaced; Flux' own interpolation is left as it is."""

    def replace(found: re.Match[str]) -> str:
        if _name(found) not in known and found["format"] is None:
            return found[0]  # `"${room}"` may be Flux' own
        return text_literal(",".join(_values_of(found, known)))[1:-1]

    return _VARIABLE.sub(replace, literal)


def _in_pattern(found: re.Match[str], known: Values) -> str:
    if _name(found) not in known:
        return found[0]  # `$` ends a pattern
    parts = [_PATTERN_SIGNS.sub(lambda sign: "\\" + sign[0], value) for value in _values_of(found, known)]
    if any(not part.isprintable() for part in parts):
        raise NotAllowed("unfit-value", f"The value chosen for {_name(found)} cannot stand in a pattern.")
    return parts[0] if len(parts) == 1 else f"({'|'.join(parts)})"


def _in_code(found: re.Match[str], known: Values) -> str:
    values, form = _values_of(found, known), found["format"]
    if form == "json":
        literals = [text_literal(value) for value in values]
        return literals[0] if len(literals) == 1 else f"[{', '.join(literals)}]"
    if form in ("doublequote", "singlequote", "csv", "sqlstring"):
        return ", ".join(text_literal(value) for value in values)
    if len(values) == 1 and _BARE.fullmatch(values[0]):
        return values[0]
    raise NotAllowed("unfit-value", f"What is chosen for {_name(found)} must be a duration or a number here.")
