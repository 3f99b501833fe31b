"""The pages tell every question as its header does, and every source from one place; what they say to type works."""

import re

import pytest
from click.testing import CliRunner

from bedside.cli import cli
from query import Ward, questions
from query.reference import DOCS, PAGES, page

PAGE = DOCS / "questions.md"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_is_what_is_written(name: str) -> None:
    """Run `python -m query.reference` after a header or a convention has changed."""
    text = (DOCS / name).read_text("utf-8")
    assert page(name, text) == text


def shaped_for_a_panel(name: str) -> bool:
    """Whether a question is a dashboard's own: its value has the name that Grafana wants, or it fills a variable."""
    own = name.startswith(("dashboard_", "pipeline_"))
    return own or any(column.name == "_value" for column in questions()[name].columns)


@pytest.mark.parametrize("name", sorted(name for name in questions() if not shaped_for_a_panel(name)))
def test_every_question_has_a_method(name: str) -> None:
    """What an analyst can ask by name can be asked in Python with typed arguments."""
    assert callable(getattr(Ward, name))


def test_every_option_of_the_commands_is_on_the_page() -> None:
    """Each option of `bedside ask` that is not shared by all commands stands there."""
    told = CliRunner().invoke(cli, ["ask", "--help"]).output
    options = set(re.findall(r"--[a-z]+", told)) - {"--help", "--data", "--token"}
    assert {option for option in options if option not in PAGE.read_text("utf-8")} <= {"--param"}
