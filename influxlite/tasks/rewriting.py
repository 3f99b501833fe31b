"""Change options inside a script: only the option's own text changes, the rest stays as it was written."""

from dataclasses import dataclass

from influxlite.flux import nodes
from influxlite.tasks import spans
from influxlite.tasks.options import key_of, option_of, parse

EITHER = {"every": "cron", "cron": "every"}
"""Each takes the place of the other."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What of an option shall change; empty or None: nothing. An offset of nought takes the offset out."""

    name: str = ""
    every: spans.Span | None = None
    cron: str = ""
    offset: spans.Span | None = None
    concurrency: int | None = None
    retry: int | None = None

    def texts(self) -> dict[str, str]:
        """The new properties as Flux writes them."""
        found: dict[str, str] = {}
        if self.name:
            found["name"] = quoted(self.name)
        if self.every is not None and not self.every.is_zero:
            found["every"] = str(self.every)
        if self.cron:
            found["cron"] = quoted(self.cron)
        if self.offset is not None and not self.offset.is_zero:
            found["offset"] = str(self.offset)
        for name, value in (("concurrency", self.concurrency), ("retry", self.retry)):
            if value is not None:
                found[name] = str(value)
        return found

    @property
    def drops_offset(self) -> bool:
        """Whether the offset shall go."""
        return self.offset is not None and self.offset.is_zero


def quoted(text: str) -> str:
    """A string as Flux writes it."""
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("${", "\\${")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def rewrite(script: str, changes: Changes) -> str:
    """The script with a changed option; OptionsError or TaskError where it has no option that could be changed."""
    texts = changes.texts()
    if not texts and not changes.drops_offset:
        return script
    option = option_of(parse(script))
    lines = _Lines(script)
    edits: list[tuple[int, int, str]] = []
    for given in option.properties:
        name = key_of(given)
        target = name if name in texts else EITHER.get(name, name)
        if target in texts:
            edits.append((*lines.span(given.location), f"{target}: {texts.pop(target)}"))
    if texts:
        added = ", ".join(f"{name}: {text}" for name, text in texts.items())
        if option.properties:
            at = lines.span(option.properties[-1].location)[1]
            edits.append((at, at, f", {added}"))
        else:
            at = lines.span(option.location)[0] + 1
            edits.append((at, at, added))
    if changes.drops_offset:
        edits += _without(option, "offset", lines)
    data = lines.data
    for start, stop, text in sorted(edits, reverse=True):
        data = data[:start] + text.encode() + data[stop:]
    return data.decode().rstrip("\n") + "\n"


def _without(option: nodes.ObjectExpression, name: str, lines: "_Lines") -> list[tuple[int, int, str]]:
    """The edit that takes a property out, with the comma before or behind it."""
    for place, given in enumerate(option.properties):
        if key_of(given) != name:
            continue
        start, stop = lines.span(given.location)
        if place:
            return [(lines.span(option.properties[place - 1].location)[1], stop, "")]
        if len(option.properties) > 1:
            stop = lines.span(option.properties[1].location)[0]
        return [(start, stop, "")]
    return []


class _Lines:
    """Places of a script, which count bytes within lines, as offsets."""

    def __init__(self, script: str) -> None:
        self.data = script.encode()
        self._starts = [0]
        for line in self.data.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def span(self, place: nodes.SourceLocation) -> tuple[int, int]:
        """Where a node begins and ends, in bytes from the start."""
        start = self._starts[place.start_line - 1] + place.start_column - 1
        return start, self._starts[place.end_line - 1] + place.end_column - 1
