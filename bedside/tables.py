"""Tables in a terminal, of text that came from elsewhere: nothing in it is taken for markup or a control sequence."""

import rich.table
from rich.console import Console
from rich.text import Text


def harmless(text: str) -> str:
    """The text with control characters shown as their names, so that a name cannot move a cursor or clear a screen."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def moment(text: str | None, none: str = "–") -> str:
    """An RFC 3339 time in UTC as a person reads it, to the second; `--json` has the milliseconds."""
    return none if text is None else f"{text[:10]} {text[11:19]}Z"


class Table:
    """Rows of text below a head; `rows` counts them."""

    def __init__(self, *columns: str, title: str = "") -> None:
        heading = Text(harmless(title.strip()), style="bold") if title else None
        self._table = rich.table.Table(title=heading, title_justify="left")
        for column in columns:
            self._table.add_column(Text(harmless(column)), overflow="fold")

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._table.row_count

    def align_right(self, column: int) -> None:
        """Numbers stand under each other by their last digit."""
        self._table.columns[column].justify = "right"

    def add_row(self, *cells: str) -> None:
        """One row, a text for each column."""
        self._table.add_row(*(Text(harmless(cell)) for cell in cells))

    def show(self, console: Console | None = None) -> None:
        """Print it, as wide as the terminal."""
        (console or Console()).print(self._table)
