"""How soon the ward page shows a large ward, and whether it moves without a stutter.

    .venv/bin/python benchmarks/ward_page.py [--rooms 100] [--hours 12] [--runs 5]

Starts the whole pipeline in a folder of its own, fills it with a simulated ward, and opens the Ward dashboard in
headless Chromium (Debian's, on the PATH) with a session that exists. Told are, as medians, navigation to the first full
screen (every panel that can be seen has drawn its answer) and a refresh of all of them, and of all runs the longest
time in which the page could not have answered a click (the longest task) while it refreshed and was scrolled.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, sync_playwright

from simulator import SimulateOptions, simulate
from tests.bedside.running_up import Up
from tests.ward.conftest import CHROMIUM, tokens

FULL = """() => {
  const seen = [...document.querySelectorAll('.panel')].filter((one) => one.getBoundingClientRect().top < innerHeight);
  const drawn = (one) => one.querySelector('td, canvas, .prose') && !one.matches('[aria-busy]');
  return seen.length > 1 && seen.every(drawn);
}"""
WATCH = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
}).observe({ type: 'longtask', buffered: true });
"""


def main() -> None:
    """Fill, open, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        up = Up(Path(folder) / "data").start()
        try:
            url, given = f"http://127.0.0.1:{up.port}", tokens(up)
            options = SimulateOptions(
                url=url, token=given["admin"], clinician_token=given["admin"], rooms=chosen.rooms, hours=chosen.hours,
                night_at_end=True,
            )  # fmt: skip
            print(simulate(options).lines()[0])
            time.sleep(5)
            measure(url, given["clinician"], chosen.runs)
        finally:
            up.stop()


def measure(url: str, token: str, runs: int) -> None:
    """Open the page so many times and print the medians."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        page.add_init_script(WATCH)
        page.goto(f"{url}/ward/")
        page.get_by_label("Your name or initials").fill("Benchmark")
        page.get_by_label("A clinician's token").fill(token)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_function(FULL)
        opened, refreshed, longest = zip(*(_once(page, url) for _ in range(runs)), strict=True)
        rows = page.locator("tbody tr").count()
        browser.close()
    print(f"rows in the table of rooms:  {rows}")
    print(f"first full screen:           {statistics.median(opened):.0f} ms  ({min(opened):.0f} to {max(opened):.0f})")
    print(f"refresh of what is seen:     {statistics.median(refreshed):.0f} ms")
    print(f"longest task while moving:   {max(longest):.0f} ms (0: none above 50 ms, where browsers begin to tell)")


def _once(page: Page, url: str) -> tuple[float, float, float]:
    page.goto("about:blank")
    begun = time.perf_counter()
    page.goto(f"{url}/ward/#/d/bedside-ward?from=now-12h&to=now", wait_until="commit")
    page.wait_for_function(FULL)
    opened = (time.perf_counter() - begun) * 1000
    page.wait_for_timeout(1500)
    page.evaluate("window.longest = 0")
    begun = time.perf_counter()
    page.get_by_role("button", name="Ask again now").click()
    page.wait_for_selector(".panel[aria-busy]", state="attached")
    page.wait_for_function(FULL)
    refreshed = (time.perf_counter() - begun) * 1000
    for _ in range(10):
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(50)
    return opened, refreshed, float(page.evaluate("window.longest"))


if __name__ == "__main__":
    main()
