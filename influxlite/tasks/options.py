"""`option task = {name, every | cron, offset, concurrency, retry}`: read from a script, and checked."""

from dataclasses import dataclass

from influxlite.flux import nodes
from influxlite.flux.parser import parse_with_faults
from influxlite.tasks import cron, spans
from influxlite.tasks.errors import OptionsError, ScriptError, TaskError

MAX_CONCURRENCY = 100
MAX_RETRY = 10


@dataclass(frozen=True, slots=True)
class Options:
    """A task's options. `every` is empty where there is a `cron` and the other way round."""

    name: str
    every: str
    cron: str
    offset_s: int
    concurrency: int
    retry: int


def read(script: str) -> Options:
    """The options of a script; OptionsError with InfluxDB's words where they are missing or not allowed.

    ScriptError where the script is no Flux at all.
    """
    found = option_of(parse(script))
    name = _string(found, "name")
    if name is None:
        raise OptionsError("missing required option: name")
    cron_line, every = _string(found, "cron"), _property(found, "every")
    if cron_line is not None and every is not None:
        raise OptionsError("cannot use both cron and every in task options")
    if cron_line is None and every is None:
        raise OptionsError("missing required option: cron or every")
    if every is not None and not isinstance(every, nodes.DurationLiteral):
        raise _unreadable("every")
    span = spans.of_literal(every) if isinstance(every, nodes.DurationLiteral) else spans.Span(())
    offset = _offset(found)
    concurrency, retry = _integer(found, "concurrency"), _integer(found, "retry")
    _validate(name, cron_line or "", span, offset, concurrency, retry)
    try:
        offset_s = offset.clock_ns() // spans.UNIT_NS["s"] if offset is not None else 0
    except OptionsError as fault:
        raise TaskError(f"unexpected error parsing time: {fault.message}", "internal error") from None
    return Options(name, str(span), cron_line or "", offset_s, concurrency, retry)


def parse(script: str) -> nodes.File:
    """The syntax tree of a script; ScriptError in InfluxDB's words where it is no Flux."""
    file, faults = parse_with_faults(script)
    if faults:
        place = str(faults[0].location).removeprefix("@")
        raise ScriptError(f"loc {place}: {faults[0].message}")
    return file


def option_of(file: nodes.File) -> nodes.ObjectExpression:
    """The record that the option is set to; OptionsError where there is not exactly one."""
    found = [
        statement.assignment.init
        for statement in file.body
        if isinstance(statement, nodes.OptionStatement)
        and isinstance(statement.assignment, nodes.VariableAssignment)
        and statement.assignment.id.name == "task"
    ]
    if len(found) > 1:
        raise OptionsError("multiple task options defined")
    if not found:
        raise OptionsError("no task options defined")
    if not isinstance(found[0], nodes.ObjectExpression):
        raise OptionsError('task option expected to be object literal, but found "ObjectExpression"')
    return found[0]


def key_of(given: nodes.Property) -> str:
    """A property's name."""
    return given.key.name if isinstance(given.key, nodes.Identifier) else given.key.value


def _property(option: nodes.ObjectExpression, name: str) -> nodes.Node | None:
    """The value of a property, None where the option has none of that name."""
    for given in option.properties:
        if key_of(given) == name:
            return given.value if given.value is not None else given.key
    return None


def _unreadable(name: str) -> OptionsError:
    return OptionsError(f"failed to parse field '{name}' in task options")


def _string(option: nodes.ObjectExpression, name: str) -> str | None:
    """A property that must be a string."""
    given = _property(option, name)
    if given is not None and not isinstance(given, nodes.StringLiteral):
        raise _unreadable(name)
    return given.value if given is not None else None


def _integer(option: nodes.ObjectExpression, name: str) -> int:
    """A property that must be a whole number; 1 where there is none."""
    given = _property(option, name)
    if given is not None and not isinstance(given, nodes.IntegerLiteral):
        raise _unreadable(name)
    return given.value if given is not None else 1


def _offset(option: nodes.ObjectExpression) -> spans.Span | None:
    """The offset, which may be negative."""
    given = _property(option, "offset")
    if given is None:
        return None
    if isinstance(given, nodes.DurationLiteral):
        return spans.of_literal(given)
    if isinstance(given, nodes.UnaryExpression) and isinstance(given.argument, nodes.DurationLiteral):
        return spans.of_literal(given.argument, negative=given.operator == "-")
    raise _unreadable("offset")


def _validate(
    name: str, cron_line: str, every: spans.Span, offset: spans.Span | None, concurrency: int, retry: int
) -> None:
    """OptionsError that tells everything that is not allowed."""
    second = spans.UNIT_NS["s"]
    told = [] if name else ["name required"]
    if bool(cron_line) == (not every.is_zero):
        told.append("must specify exactly one of either cron or every")
    elif cron_line:
        try:
            cron.read(cron_line)
        except OptionsError as fault:
            told.append(f"cron invalid: {fault.message}")
    elif every.ns < second:
        told.append("every option must be at least 1 second")
    elif every.ns % second:
        told.append("every option must be expressible as whole seconds")
    if offset is not None and offset.ns % second:
        told.append("offset option must be expressible as whole seconds")
    for what, value, most in (("concurrency", concurrency, MAX_CONCURRENCY), ("retry", retry, MAX_RETRY)):
        if value < 1:
            told.append(f"{what} must be at least 1")
        elif value > most:
            told.append(f"{what} exceeded max of {most}")
    if told:
        raise OptionsError(f"invalid options: {', '.join(told)}")
