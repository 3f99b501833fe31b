"""Chapters of docs/questions.md and docs/night-report.md: `python -m query.reference` writes them anew.

The questions come from their files' headers, the sources of clinical figures from `conventions`.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from query.conventions import CONVENTIONS
from query.question import Question, questions

DOCS = Path(__file__).resolve().parents[1] / "docs"
MARK = "<!-- written by `python -m query.reference` from here on -->\n"


def chapter() -> str:
    """All questions: first a table of their titles, then each with its parameters and columns."""
    table = [f"| [`{asked.name}`](#{asked.name}) | {asked.title} |" for asked in questions().values()]
    parts = ["\n".join(["| question | answers |", "| --- | --- |", *table])]
    parts += [_entry(asked) for asked in questions().values()]
    return "\n\n".join(parts) + "\n"


def sources() -> str:
    """Where each clinical figure and limit comes from."""
    rows = [(kept.name, f"{kept.says}.", f"[{kept.source}]({kept.address})") for kept in CONVENTIONS]
    return _table(("", "what is held", "by"), rows) + "\n"


PAGES: dict[str, Callable[[], str]] = {"questions.md": chapter, "night-report.md": sources}
"""The pages that end with a written chapter."""


def page(name: str, text: str) -> str:
    """The page with its chapter as it must be; ValueError where the mark is missing."""
    before, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError(f"{name} has no line {MARK.strip()!r}")
    return f"{before}{mark}\n{PAGES[name]()}"


def _entry(asked: Question) -> str:
    """One question."""
    parts = [f"### {asked.name}", f"**{asked.title}.** {' '.join(asked.prose.split())}"]
    if asked.parameters:
        rows = [
            (f"`{p.name}`", p.type.name, "" if p.default is None else f"`{p.default or 'none'}`", p.meaning)
            for p in asked.parameters
        ]
        parts.append(_table(("parameter", "type", "default", "meaning, unit"), rows))
    columns = [(f"`{c.shown}`", c.type, c.meaning) for c in asked.columns]
    parts.append(_table(("column", "type", "meaning, unit"), columns))
    if asked.source:
        parts.append("Source: " + "; ".join(line.strip() for line in asked.source.splitlines()) + ".")
    return "\n\n".join(parts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    for page_name in PAGES:
        file = DOCS / page_name
        file.write_text(page(page_name, file.read_text("utf-8")), "utf-8")
