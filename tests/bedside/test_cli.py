"""The command line as a whole: its table of subcommands is true, and what one needs does not slow down another."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bedside.cli import COMMANDS, cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_line_of_the_table_is_a_command(name: str) -> None:
    """It loads, has that name, says in its help what it does, and the docs mention it."""
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    assert found.name == name
    assert found.help
    texts = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert any(f"bedside {name}" in text.read_text() for text in texts), f"no page mentions `bedside {name}`"


def test_every_command_in_the_folder_is_in_the_table() -> None:
    """No file of `bedside/commands/` holds a command that cannot be reached."""
    modules = {place.split(":")[0].rsplit(".", 1)[1] for place in COMMANDS.values()}
    for file in (ROOT / "bedside" / "commands").glob("*.py"):
        text = file.read_text()
        if "\n@click.command(" in text or "\n@click.group(" in text:
            assert file.stem in modules, file.name


def test_a_light_command_loads_no_heavy_library() -> None:
    """`bedside rooms` imports neither frames nor FHIR, EDF or a typesetter."""
    program = (
        "import sys, click, bedside.cli as c; c.cli.get_command(click.Context(c.cli), 'rooms'); print(*sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"polars", "fhir", "edfio", "typst", "duckdb", "numpy"} & set(told)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["--rooms", "100000000"], "--rooms"),
        (["--first-room", "-1"], "--first-room"),
        (["--first-room", "0"], "--first-room"),
        (["--for", "5"], "--live or --both"),
        (["--live", "--for", "soon"], "--for"),
    ],
)
def test_a_ward_that_cannot_be_simulated_is_told(given: list[str], named: str) -> None:
    """Exit code 2 and the option, before anybody is asked for anything."""
    told = CliRunner().invoke(cli, ["simulate", "--data", "/nowhere", *given])
    assert told.exit_code == 2, told.output
    assert named in told.output
