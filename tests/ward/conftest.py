"""What the tests of the ward page share: a running Bedside with a known story, and a browser where there is one."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.bedside.running_up import Up
from tests.ward.story import Story, tell

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WHO = "Dr. Moss"
PATIENCE_MS = 120_000  # for a machine that is busy: a test claims that something comes, not when
DESKTOP: ViewportSize = {"width": 1400, "height": 1000}
ASKED = {"X-Bedside-Ward": "1"}
_browser_tests: list[str] = []
_faults: list[str] = []


@dataclass
class Stack:
    """One `bedside up` with the story: where it is, and a clinician's token."""

    up: Up
    clinician: str
    monitor: str
    story: Story

    @property
    def url(self) -> str:
        """Where the API and the page are."""
        return f"http://127.0.0.1:{self.up.port}"


class Client:
    """Calls the ward server as the page does."""

    def __init__(self, stack: Stack) -> None:
        self.base = f"{stack.url}/ward/api/"
        self.http = requests.Session()
        self.http.headers["X-Bedside-Ward"] = "1"
        self.token = stack.clinician

    def log_in(self, who: str = WHO) -> requests.Response:
        """Begin a session."""
        return self.post("session", {"token": self.token, "who": who})

    def get(self, path: str) -> requests.Response:
        """GET below /ward/api/."""
        return self.http.get(self.base + path)

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> requests.Response:
        """POST JSON below /ward/api/."""
        return self.http.post(self.base + path, json=body, headers=headers)


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until it is so; the test's own patience ends a wait for what never comes."""
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"never came: {what}")


def tokens(up: Up) -> dict[str, str]:
    """The tokens that a first start shows, by role."""
    shown = (re.fullmatch(r"  (monitor|clinician|analyst|admin) +(\S+)", line) for line in up.lines)
    return {found[1]: found[2] for found in shown if found}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole pipeline as a person starts it, with the story in InfluxDB."""
    folder: Path = tmp_path_factory.mktemp("ward") / "data"
    up = Up(folder, environment={"BEDSIDE_TIMEZONE": "Europe/Vienna"}).start()
    try:
        given = tokens(up)
        story = tell(f"http://127.0.0.1:{up.port}", given["monitor"])
        running = Stack(up, given["clinician"], given["monitor"], story)
        until(lambda: _arrived(running), "the story in InfluxDB")
        yield running
    finally:
        up.stop()


def _arrived(stack: Stack) -> bool:
    answer = requests.get(f"{stack.url}/metrics", headers={"Authorization": f"Bearer {stack.monitor}"}).text
    waiting = re.search(r"^bedside_outbox_lines\S* (\S+)$", answer, re.MULTILINE)
    return waiting is not None and float(waiting[1]) == 0


@pytest.fixture
def client(stack: Stack) -> Client:
    """Somebody who is logged in, without a browser."""
    made = Client(stack)
    assert made.log_in().status_code == 200
    return made


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Chromium, as the system has it."""
    if CHROMIUM is None:
        _browser_tests.append("skipped")
        pytest.skip("no Chromium on the PATH")
    _browser_tests.append("ran")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def window(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A browser's window, far away from the ward's time zone."""
    context = browser.new_context(viewport=DESKTOP, timezone_id="Asia/Tokyo")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    opened.on("pageerror", lambda fault: _faults.append(str(fault)))
    yield opened
    context.close()


@pytest.fixture
def page(window: Page, stack: Stack) -> Iterator[Page]:
    """The ward page, logged in, at the Ward dashboard; a fault of its JavaScript fails the test.

    Tests share the window, as a night's visitors do. Only where the one before left it elsewhere is it loaded anew.
    """
    _faults.clear()
    window.set_viewport_size(DESKTOP)
    # The login's form has tests of its own; here the session's cookie is enough.
    if not window.context.request.get(f"{stack.url}/ward/api/session", headers=ASKED).ok:
        begun = window.context.request.post(
            f"{stack.url}/ward/api/session", data={"token": stack.clinician, "who": WHO}, headers=ASKED
        )
        assert begun.ok
        window.goto("about:blank")
    window.goto(f"{stack.url}/ward/#/d/bedside-ward")
    expect(window.get_by_role("navigation")).to_be_visible()
    expect(window.get_by_role("heading", level=1)).to_have_text("Ward")
    yield window
    assert not _faults


def log_in(page: Page, stack: Stack) -> None:
    """Fill the login as a person does."""
    page.get_by_label("Your name or initials").fill(WHO)
    page.get_by_label("A clinician's token").fill(stack.clinician)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("navigation")).to_be_visible()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say whether the page was looked at in a browser."""
    if "ran" in _browser_tests:
        terminalreporter.write_line(f"Ward page: looked at in Chromium ({CHROMIUM})")
    elif "skipped" in _browser_tests:
        terminalreporter.write_line("Ward page: NOT looked at: there is no Chromium on the PATH")
