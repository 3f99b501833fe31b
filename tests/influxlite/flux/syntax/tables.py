"""The tables of cases in text files: records between `===` lines, the parts of a record between `---` lines."""

from pathlib import Path


def records(file: Path) -> list[tuple[str, str]]:
    """The (source, answer) pairs of a file."""
    found: list[tuple[str, str]] = []
    for record in file.read_text().rstrip("\n").split("\n===\n"):
        source, answer = record.split("\n---\n")
        found.append((source, answer))
    return found
