"""The habits of the house, held by a test: short files and functions, documented names, no leftovers."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE, LONGEST_FUNCTION = 600, 70
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bbreakpoint\(|\bpdb\b|console\.log\(")
THIS = Path(__file__).resolve()


def tracked(*patterns: str) -> list[Path]:
    """The files of these patterns that git knows or would add, so that a new file is held to the rules at once.

    What lies in a folder `vendor` is others' work, kept as it came.
    """
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    ours = {ROOT / name for name in names if name and "vendor" not in Path(name).parts}
    return sorted(file for file in ours if file.is_file())


PYTHON = tracked("*.py")
PACKAGES = [f for f in PYTHON if f.relative_to(ROOT).parts[0] not in ("tests", "benchmarks")]


def test_there_is_something_to_hold() -> None:
    """The rules below read real files: an empty list would pass them all."""
    assert len(PYTHON) > 5


@pytest.mark.parametrize("file", PYTHON + tracked("*.js", "*.flux"), ids=lambda f: str(f.relative_to(ROOT)))
def test_a_file_is_short_enough_to_read(file: Path) -> None:
    """No source file is longer than 600 lines."""
    lines = len(file.read_text().splitlines())
    assert lines <= LONGEST_FILE, f"{file.relative_to(ROOT)} has {lines} lines: split it where a second concept begins"


def test_a_function_fits_on_a_screen() -> None:
    """No function is longer than 70 lines."""
    long = []
    for file in PYTHON:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines")
    assert not long, "\n".join(long)


def test_no_error_is_made_once_and_raised_again() -> None:
    """Each raise adds to the traceback of an error that lives on, which keeps all that was there alive with it."""
    lasting = []
    for file in PACKAGES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Raise):
                name = getattr(node.exc, "id", getattr(node.exc, "attr", ""))
                if name.isupper():
                    lasting.append(f"{file.relative_to(ROOT)}:{node.lineno} raises the constant {name}: make it there")
    assert not lasting, "\n".join(lasting)


def undocumented(tree: ast.Module) -> list[str]:
    """The public names of a module (its own, its classes', their methods') that have no docstring."""
    missing = [] if ast.get_docstring(tree) else ["the module"]
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            missing.append(node.name)
        for method in node.body if isinstance(node, ast.ClassDef) else []:
            if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) or method.name.startswith("_"):
                continue
            overrides = any(getattr(decorator, "id", "") == "override" for decorator in method.decorator_list)
            if not overrides and not ast.get_docstring(method):
                missing.append(f"{node.name}.{method.name}")
    return missing


@pytest.mark.parametrize("file", PACKAGES, ids=lambda f: str(f.relative_to(ROOT)))
def test_public_names_are_documented(file: Path) -> None:
    """Every module, public class, function and method says what it promises."""
    assert not undocumented(ast.parse(file.read_text()))


def test_nothing_is_left_over() -> None:
    """No mark of unfinished work and no debugging aid is committed."""
    found = []
    for file in tracked("*.py", "*.js", "*.flux", "*.sh", "*.yml", "*.toml"):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if file != THIS and LEFTOVER.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not found, "\n".join(found)


def test_requirements_are_pinned_and_carry_no_address() -> None:
    """Requirement files hold names, versions and hashes; where they come from is the machine's own setting."""
    for file in tracked("requirements/*.txt"):
        text = file.read_text()
        assert "://" not in text, f"{file.name} names an address"
        names = [line for line in text.splitlines() if line and line[0] not in " #"]
        assert names, f"{file.name} names no package"
        assert all("==" in line.split(" ;")[0] for line in names), f"{file.name} has an unpinned line"
