"""The questions as a chapter of docs/questions.md: `python -m query.reference` writes it anew from their headers."""

from collections.abc import Iterable
from pathlib import Path

from query.question import Question, questions

PAGE = Path(__file__).resolve().parents[1] / "docs" / "questions.md"
MARK = "<!-- written by `python -m query.reference` from here on -->\n"


def chapter() -> str:
    """All questions: first a table of their titles, then each with its parameters and columns."""
    table = [f"| [`{asked.name}`](#{asked.name}) | {asked.title} |" for asked in questions().values()]
    parts = ["\n".join(["| question | answers |", "| --- | --- |", *table])]
    parts += [_entry(asked) for asked in questions().values()]
    return "\n\n".join(parts) + "\n"


def page(text: str) -> str:
    """The page with the chapter as it must be; ValueError where the mark is missing."""
    before, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError(f"{PAGE.name} has no line {MARK.strip()!r}")
    return f"{before}{mark}\n{chapter()}"


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
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
