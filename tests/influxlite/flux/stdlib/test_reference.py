"""docs/flux.md is what the files of the library say."""

from pathlib import Path

from influxlite.flux.stdlib import reference, registry

PAGE = Path(__file__).parents[4] / "docs" / "flux.md"


def test_the_page_is_made_of_the_library() -> None:
    """Nothing in the page was written by hand, and nothing in the library is newer than it."""
    assert PAGE.read_text() == reference.render(), "run: python -m influxlite.flux.stdlib.reference > docs/flux.md"


def test_every_function_says_what_it_is() -> None:
    """Each name of the library has a docstring, but for values whose name and value say all."""
    silent = [
        f"{path}.{name}"
        for path in registry.package_paths()
        for name, entry in registry.entries(path).items()
        if not entry.doc and not isinstance(entry, registry.Constant)
    ]
    assert silent == []


def test_what_the_database_does_is_told_by_its_plan() -> None:
    """The marks follow what explain says of a call, not a list."""
    assert reference.pushed_down("universe", "mean") == "●"
    assert reference.pushed_down("universe", "first") == "◐"
    assert reference.pushed_down("universe", "map") == ""
    assert reference.pushed_down("strings", "toUpper") == ""
