"""A question: a file of `query/questions/`, its header read, and its parameters bound into the Flux.

A file begins with a comment, which is the question's documentation, and every part of it is checked by a test:

    // Breath rate of a patient by window
    //
    // Prose: what is asked, what one row means.
    //
    // Parameters
    //   mrn: string  the patient's MRN
    //   every: duration = 5m  width of a window
    // Returns
    //   _time: time  start of the window
    //   breath_rate: float  mean of the readings in the window, /min
    // Source
    //   where a formula comes from
    // Uses
    //   cover

After it come the imports and then Flux that names its parameters as `params.mrn`. What several questions share is a
function in `query/questions/parts/`, which stands before the question's own Flux where its header says `Uses`.

The file does not define `params`: `Question.bind` writes that record behind the imports, from literals of the declared
types, so that no value can change what is asked; `Question.render` writes it from expressions of Flux, for a dashboard
whose variables fill it. A question that coarser points can answer, too, has a second text in `query/questions/coarse/`
(`coarser.py`); `Question.bind_pieces` puts both together.
"""

import difflib
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from query.coarser import Piece, instant
from query.errors import ParameterError, QuestionError, UnknownQuestion
from query.literals import TYPES, Context, Type, Unfit

FOLDER = Path(__file__).parent / "questions"
SECTIONS = ("Parameters", "Returns", "Source", "Uses")
PARTS = FOLDER / "parts"
COARSE = "coarse_means"
COLUMN_TYPES = ("string", "date", "int", "uint", "float", "bool", "time")
PARAMETER = re.compile(r"(\w+): (\S+)(?: = (\S+))?  +(\S.*)")
COLUMN = re.compile(r"(\w+): (\w+)  +(\S.*)")
HEAD = re.compile(r'(?:[ \t]*(?://[^\n]*|import [^\n]*"[^"\n]*"[ \t]*)?\n)*')


@dataclass(frozen=True)
class Parameter:
    """A parameter of a question; `default` is text of its type, None where it must be given."""

    name: str
    type: Type
    default: str | None
    meaning: str


@dataclass(frozen=True)
class Column:
    """A column of a question's answer: its name in the Flux, its type, and what it means with its unit.

    A `date` is text in Flux, YYYY-MM-DD.
    """

    name: str
    type: str
    meaning: str

    @property
    def shown(self) -> str:
        """The name for people and frames: without the underscore that Flux's own columns have."""
        return self.name.removeprefix("_")


@dataclass(frozen=True)
class Question:
    """A question as its file tells it. `name` is the file's, `flux` the whole text, comment included; `parts` are
    the texts of what it uses; `coarse` is its text for coarser points, empty where only readings answer it.
    """

    name: str
    title: str
    prose: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    source: str
    flux: str
    parts: tuple[str, ...] = ()
    coarse: str = ""

    def bind(self, values: Mapping[str, Any], *, timezone: str = "UTC", now: datetime | None = None) -> str:
        """The Flux of this question with these values, as literals of the declared types.

        Values are Python's own or text as from a command line; a time without an offset is in `timezone`, and -6h is
        before `now`. ParameterError where one is missing, unknown or not of its type.
        """
        return self._insert(self._literals(self.checked(values, timezone=timezone, now=now)))

    def checked(
        self, values: Mapping[str, Any], *, timezone: str = "UTC", now: datetime | None = None
    ) -> dict[str, Any]:
        """A value of its type for every parameter; ParameterError as from `bind`."""
        context = Context(ZoneInfo(timezone), now or datetime.now(UTC))
        self._refuse_unknown(values)
        checked = {}
        for parameter in self.parameters:
            value = values.get(parameter.name)
            value = parameter.default if value is None else value
            if value is None:
                raise ParameterError(
                    parameter.name,
                    f"{self.name} needs {parameter.name} ({parameter.type.expects}): {parameter.meaning}",
                )
            try:
                checked[parameter.name] = parameter.type.check(value, context)
            except Unfit as problem:
                raise ParameterError(
                    parameter.name, f"{self.name}: {parameter.name} must be {problem} — {parameter.meaning}"
                ) from None
        return checked

    def bind_pieces(self, checked: Mapping[str, Any], pieces: Iterable[Piece]) -> str:
        """The Flux that answers from several buckets, each for its part of the range; values as from `checked`."""
        calls = []
        for piece in pieces:
            own = {"bucket": piece.bucket, "start": instant(piece.start), "stop": instant(piece.stop)}
            record = ", ".join(f"{name}: {literal}" for name, literal in self._literals({**checked, **own}).items())
            calls.append(f"{'from_coarser' if piece.coarse else 'from_readings'}(params: {{{record}}})")
        imports, body = self._split(self.flux)
        functions = (
            f"from_readings = (params) =>\n{body}",
            f"from_coarser = (params) =>\n{self._split(self.coarse)[1]}",
        )
        whole = calls[0] if len(calls) == 1 else f"union(tables: [{', '.join(calls)}])"
        return "\n".join(
            [*imports, *self.parts, _part(self.name, COARSE), *functions, f'{whole} |> sort(columns: ["_time"])']
        )

    def _literals(self, checked: Mapping[str, Any]) -> dict[str, str]:
        return {parameter.name: parameter.type.literal(checked[parameter.name]) for parameter in self.parameters}

    def render(self, expressions: Mapping[str, str]) -> str:
        """The Flux of this question with expressions of Flux for its parameters, such as `v.timeRangeStart` or
        `"${room}"`, for a program that fills in its own variables. They are code: nothing of them is checked.

        What is not given is the default's literal; a time has none here, since -1h means something else each day.
        """
        self._refuse_unknown(expressions)
        cells = {}
        for parameter in self.parameters:
            given = expressions.get(parameter.name)
            if given is None and (parameter.default is None or parameter.type.name == "time"):
                raise ParameterError(parameter.name, f"{self.name} needs an expression for {parameter.name}")
            if given is None:
                value = parameter.type.check(parameter.default, Context(ZoneInfo("UTC"), datetime.now(UTC)))
                given = parameter.type.literal(value)
            cells[parameter.name] = given
        return self._insert(cells)

    def _refuse_unknown(self, names: Iterable[str]) -> None:
        known = [parameter.name for parameter in self.parameters]
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'none'}"
                raise ParameterError(name, f"{self.name} has no parameter {name!r}: {hint}")

    def _insert(self, cells: Mapping[str, str]) -> str:
        record = ", ".join(f"{name}: {literal}" for name, literal in cells.items())
        imports, body = self._split(self.flux)
        return "\n".join([*imports, f"params = {{{record}}}", "", *self.parts, body])

    @staticmethod
    def _split(flux: str) -> tuple[list[str], str]:
        """The imports of a text, and what stands behind its head."""
        head = HEAD.match(flux)
        assert head is not None
        return [line for line in head[0].splitlines() if line.strip().startswith("import ")], flux[head.end() :].lstrip(
            "\n"
        )


def parse(name: str, text: str) -> Question:
    """Read a question's file; QuestionError says which line of its header does not fit."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        lines.append(line.removeprefix("//").removeprefix(" ").rstrip())
    if not lines or not lines[0]:
        raise QuestionError(f"{name}.flux begins with no comment: its first line is the question's title")
    parts: dict[str, list[str]] = {"": []}
    section = ""
    for line in lines[1:]:
        if line in SECTIONS:
            section = line
            parts[section] = []
        else:
            parts[section].append(line)
    parameters = tuple(_parameter(name, item) for item in _items(parts.get("Parameters", [])))
    columns = tuple(_column(name, item) for item in _items(parts.get("Returns", [])))
    if not columns:
        raise QuestionError(f"{name}.flux does not say under Returns which columns come back")
    prose, source = ("\n".join(parts.get(part, [])).strip() for part in ("", "Source"))
    used = tuple(_part(name, part.strip()) for part in parts.get("Uses", []) if part.strip())
    return Question(name, lines[0], prose, parameters, columns, source, text, used)


def _items(lines: Iterable[str]) -> list[str]:
    """The items of a section: two blanks begin one, more of them go on with it."""
    items: list[str] = []
    for line in lines:
        if line.startswith("   ") and items:
            items[-1] += f" {line.strip()}"
        elif line.strip():
            items.append(line.strip())
    return items


def _parameter(name: str, item: str) -> Parameter:
    found = PARAMETER.fullmatch(item)
    if not found or found[2] not in TYPES:
        raise QuestionError(
            f"{name}.flux: the parameter {item!r} should read `name: type = default  meaning`, with one of the types "
            f"{', '.join(TYPES)}"
        )
    kind = TYPES[found[2]]
    default = "" if found[3] in ('""', "[]") else found[3]
    return Parameter(found[1], kind, default, found[4])


def _column(name: str, item: str) -> Column:
    found = COLUMN.fullmatch(item)
    if not found or found[2] not in COLUMN_TYPES:
        raise QuestionError(
            f"{name}.flux: the column {item!r} should read `name: type  meaning, unit`, with one of the types "
            f"{', '.join(COLUMN_TYPES)}"
        )
    return Column(found[1], found[2], found[3])


def _part(name: str, part: str) -> str:
    """The text of what a question uses."""
    try:
        return (PARTS / f"{part}.flux").read_text("utf-8")
    except OSError:
        raise QuestionError(f"{name}.flux uses {part}, and there is no {part}.flux in {PARTS.name}/") from None


@functools.cache
def questions() -> Mapping[str, Question]:
    """Every question by its name, sorted."""
    coarse = {file.stem: file.read_text("utf-8") for file in (FOLDER / "coarse").glob("*.flux")}
    texts = {file.stem: file.read_text("utf-8") for file in sorted(FOLDER.glob("*.flux"))}
    return {name: replace(parse(name, text), coarse=coarse.get(name, "")) for name, text in texts.items()}


def question(name: str) -> Question:
    """The question of that name; UnknownQuestion tells the nearest ones where there is none."""
    wanted = name.replace("-", "_").lower()
    if found := questions().get(wanted):
        return found
    near = difflib.get_close_matches(wanted, questions(), 3, 0.5)
    near += [known for known in questions() if wanted in known and known not in near]
    hint = f"did you mean {' or '.join(near[:3])}?" if near else f"there are {', '.join(questions())}"
    raise UnknownQuestion(f"there is no question {name!r}: {hint}")
