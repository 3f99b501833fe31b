"""Questions as files: the header says what the Flux does, and binding puts values into it and nothing else."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from query import ParameterError, Question, QuestionError, UnknownQuestion, question, questions
from query.question import parse

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
NAMES = sorted(questions())


@pytest.mark.parametrize("name", NAMES)
def test_a_header_declares_the_parameters_that_the_flux_uses(name: str) -> None:
    """Every `params.x` is declared, and every declared parameter is used."""
    asked = question(name)
    text = "\n".join([*asked.parts, asked.flux])
    code = "\n".join(line for line in text.splitlines() if not line.strip().startswith("//"))
    assert set(re.findall(r"\bparams\.(\w+)", code)) == {parameter.name for parameter in asked.parameters}


@pytest.mark.parametrize("name", NAMES)
def test_a_header_reads_well(name: str) -> None:
    """A title without a full stop, prose below it, and for every parameter and column a meaning."""
    asked = question(name)
    assert asked.title[0].isupper()
    assert not asked.title.endswith(".")
    assert asked.prose.endswith(".")
    assert all(part.meaning for part in (*asked.parameters, *asked.columns))


def bound(kind: str, value: object, **options) -> str:
    """The literal that a parameter of that type becomes."""
    asked = parse("one", f"// One\n//\n// Parameters\n//   it: {kind}  x\n// Returns\n//   a: int  b\nparams.it\n")
    found = re.search(r"^params = \{it: (.*)\}$", asked.bind({"it": value}, now=NOW, **options), re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("kind", "value", "literal"),
    [
        ("string", "5001", '"5001"'),
        ("string", 5001, '"5001"'),
        ("string", '" or true //', '"\\" or true //"'),
        ("string", "a\nb\r\t\0", '"a\\nb\\r\\t\\x00"'),
        ("string", "${params.mrn}", '"\\x24{params.mrn}"'),
        ("string", "\\", '"\\\\"'),
        ("[string]", "101,102", '["101", "102"]'),
        ("[string]", [], "[]"),
        ("time", "2026-01-10T22:00:00.25+01:00", "2026-01-10T21:00:00.250000Z"),
        ("time", date(2026, 1, 10), "2026-01-10T00:00:00Z"),
        ("time", "now", "2026-11-01T12:00:00Z"),
        ("time", "-1h30m", "2026-11-01T10:30:00Z"),
        ("time", timedelta(hours=-2), "2026-11-01T10:00:00Z"),
        ("duration", timedelta(minutes=5), "300000000us"),
        ("duration", "1h30m", "1h30m"),
        ("int", "-7", "-7"),
        ("float", 1e-7, "0.0000001"),
        ("float", "1e21", "1000000000000000000000.0"),
        ("float", 4, "4.0"),
        ("bool", "yes", "true"),
    ],
)
def test_a_value_becomes_the_literal_of_its_type(kind: str, value: object, literal: str) -> None:
    """What Python and a command line give is written in Flux so that it means the same there."""
    assert bound(kind, value) == literal


def test_a_time_without_an_offset_is_in_the_wards_zone() -> None:
    """Noon in Vienna is ten o'clock UTC in summer and eleven in winter."""
    assert bound("time", "2026-07-01 12:00", timezone="Europe/Vienna") == "2026-07-01T10:00:00Z"
    assert bound("time", "2026-01-01 12:00", timezone="Europe/Vienna") == "2026-01-01T11:00:00Z"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", True),
        ("string", "\ud800"),
        ("string", "x" * 10_001),
        ("time", "tomorrow"),
        ("time", "2026-02-30"),
        ("time", "0001-01-01"),
        ("time", "1h) |> drop("),
        ("duration", "5m)"),
        ("duration", "5 minutes"),
        ("duration", "999999999999d"),
        ("int", "1.0"),
        ("int", 2**63),
        ("int", True),
        ("float", "nan"),
        ("float", float("inf")),
        ("bool", "1"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(kind: str, value: object) -> None:
    """The message names the question, the parameter and what it must be."""
    with pytest.raises(ParameterError, match="one: it must be "):
        bound(kind, value)


def test_parameters_are_told_apart() -> None:
    """One that is missing, and one that is not the question's, are named with what to give."""
    with pytest.raises(ParameterError, match=r"breath_rate needs mrn"):
        question("breath_rate").bind({})
    with pytest.raises(ParameterError, match=r"did you mean every\?"):
        question("breath_rate").bind({"mrn": "1", "evry": "1m"})


def test_an_unknown_question_is_answered_with_the_nearest() -> None:
    """A slip of the finger costs one look."""
    with pytest.raises(UnknownQuestion, match="did you mean breath_rate"):
        question("breth-rate")


def test_rendering_takes_expressions() -> None:
    """A dashboard's variables stand where literals would; a time has no default there."""
    asked = question("breath_rate")
    flux = asked.render({"mrn": '"${mrn}"', "start": "v.timeRangeStart", "stop": "v.timeRangeStop"})
    assert (
        'params = {bucket: "telemetry", mrn: "${mrn}", start: v.timeRangeStart, stop: v.timeRangeStop, every: 5m}'
        in flux
    )
    with pytest.raises(ParameterError, match="needs an expression for start"):
        asked.render({"mrn": '"1"'})


@pytest.mark.parametrize(
    "text",
    [
        "from(bucket: params.bucket)\n",
        "// Title\n//\n// Returns\n//   a: text  b\n",
        "// Title\n//\n// Parameters\n//   a string\n// Returns\n//   a: int  b\n",
        "// Title\n//\n// Parameters\n//   a: regexp  b\n// Returns\n//   a: int  b\n",
        "// Title\n",
    ],
)
def test_a_header_that_does_not_fit_is_refused(text: str) -> None:
    """A file without what its header must say is no question."""
    with pytest.raises(QuestionError):
        parse("odd", text)


def test_the_comment_stays_out_of_what_is_sent() -> None:
    """The record stands behind the imports, the Flux behind the record, and nothing before them."""
    asked: Question = question("quiet_rooms")
    lines = asked.bind({"rooms": ["101"]}).splitlines()
    assert lines[0] == 'import "array"'
    assert lines[1].startswith("params = {bucket: ")
