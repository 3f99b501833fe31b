"""What a terminal shows is text: data that came from elsewhere cannot steer it."""

import io

from rich.console import Console

from bedside.tables import Table


def test_control_sequences_and_markup_are_shown_not_obeyed() -> None:
    """A name with an escape sequence or with rich's markup stands there letter by letter."""
    table = Table("name")
    table.add_row("\x1b[2Jgone")
    table.add_row("[red]loud[/red]")
    out = io.StringIO()
    table.show(Console(file=out, width=80))
    assert "\x1b" not in out.getvalue()
    assert "\\u001b[2Jgone" in out.getvalue()
    assert "[red]loud[/red]" in out.getvalue()
