"""Every link within the repository leads somewhere: to a file that is there and, behind `#`, to a heading of it."""

import re
from pathlib import Path

import pytest

from tests.house.test_tidy import ROOT, tracked


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    found: set[str] = set()
    for line in re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S).splitlines():
        if heading := re.fullmatch(r"#+ (.*)", line):
            words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "").replace("*", "")
            name = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
            found.add(next(one for one in (name, *(f"{name}-{i}" for i in range(1, 1000))) if one not in found))
    return found


@pytest.mark.parametrize("page", tracked("*.md"), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Files and headings that a page links to are there."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []
