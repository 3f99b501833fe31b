"""axe-core finds nothing serious: on any dashboard in either theme, in the login, the alerts, the time picker."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from grafana import published
from tests.ward.conftest import Stack
from tests.ward.test_page import go

AXE = (Path(__file__).parent / "vendor" / "axe" / "axe.min.js").read_text()
DASHBOARDS = [document["uid"] for document in published.dashboards().values()]


def serious(page: Page) -> list[str]:
    """What axe finds that is serious or critical: the rule and the first elements."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])} times)"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def settle(page: Page, uid: str, theme: str) -> None:
    """Show a dashboard of the story in that theme, and wait until every panel on the screen has its answer."""
    go(page, uid, "var-room=102&var-mrn=5002&from=now-12h&to=now")
    if page.locator("html").get_attribute("data-theme") != theme:
        page.get_by_role("button", name="Dark or light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    expect(page.locator(".panel").first).to_be_visible()
    expect(page.locator(".panel[aria-busy]")).to_have_count(0)
    expect(page.locator(".notice.waiting:visible")).to_have_count(0)


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_a_dashboard(page: Page, uid: str) -> None:
    """In both themes names, roles, contrast and keyboard access are right for everything that is on the screen."""
    for theme in ("dark", "light"):
        settle(page, uid, theme)
        assert serious(page) == [], theme


def test_what_opens(page: Page) -> None:
    """The alerts, the time picker, a description and a table of values are accessible, too, in both themes."""
    settle(page, "bedside-patient-night", "dark")
    page.get_by_role("button", name=re.compile("^Alerts")).click()
    page.get_by_role("button", name="What this panel shows").first.click()
    page.get_by_role("button", name="Values of Pressure as a table").click()
    for theme in ("dark", "light"):
        settle(page, "bedside-patient-night", theme)
        page.get_by_role("button", name=re.compile("Last 12 hours")).click()
        expect(page.get_by_role("dialog", name="Time range")).to_be_visible()
        assert serious(page) == [], theme
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Close the alerts").click()


def test_the_login(browser: Browser, stack: Stack) -> None:
    """The first thing that anybody meets."""
    page = browser.new_page()
    page.goto(f"{stack.url}/ward/")
    expect(page.get_by_label("A clinician's token")).to_be_visible()
    assert serious(page) == []
    page.close()
