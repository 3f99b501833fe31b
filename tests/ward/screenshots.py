"""Takes a picture of every dashboard on the ward page, in both themes and three sizes, from a simulated ward.

    .venv/bin/python -m tests.ward.screenshots [--to docs/screenshots] [--rooms 24] [--nights 8]

The ward sleeps: whatever the hour is, it is three in its night. One monitor has been quiet for half an hour. What is
shown is made up, names and all.
"""

import argparse
import json
import re
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

import requests
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from grafana import published
from simulator import SimulateOptions, simulate
from tests.bedside.running_up import Up
from tests.ward.conftest import CHROMIUM, PATIENCE_MS, tokens, until

SIZES = {"phone": (390, 844), "tablet": (1024, 768), "wall": (1920, 1080)}
THEMES = ("dark", "light")
COLORS = 200  # a picture of a page has few colours: a palette makes it a quarter as large
HIGHEST_PX = 4000
WHO = "Dr. Moss"


def main() -> None:
    """Start Bedside, simulate a ward, take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--to", type=Path, default=Path("docs/screenshots"), help="the folder of the pictures")
    parser.add_argument("--rooms", type=int, default=24)
    parser.add_argument("--nights", type=float, default=8.0)
    chosen = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit("There is no Chromium on the PATH: apt install chromium.")
    chosen.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        up = Up(Path(folder) / "data").start()
        stop = threading.Event()
        try:
            given = tokens(up)
            url = f"http://127.0.0.1:{up.port}"
            live = threading.Thread(target=_ward, args=(url, given["admin"], chosen.rooms, chosen.nights, stop))
            live.start()
            until(lambda: _newest(url, given["clinician"]) > time.time() - 60, "the live part")
            _quiet_room(url, given["monitor"])
            time.sleep(20)  # the alert rules are looked at each quarter of a minute
            take(url, given["clinician"], chosen.to)
        finally:
            stop.set()
            up.stop()


def _ward(url: str, token: str, rooms: int, nights: float, stop: threading.Event) -> None:
    options = SimulateOptions(
        url=url, token=token, clinician_token=token, rooms=rooms, hours=24 * nights, mode="both", live_interval_s=10.0,
        night_at_end=True,
    )  # fmt: skip
    simulate(options, stop=stop)


def _newest(url: str, token: str) -> float:
    """When the last reading of the whole ward was measured, in seconds since 1970; 0 where a room has none yet."""
    rooms = requests.get(f"{url}/v1/rooms", headers={"Authorization": f"Bearer {token}"}).json()["rooms"]
    times = [datetime.fromisoformat(room["last_reading"] or "1970-01-01T00:00:00Z").timestamp() for room in rooms]
    return min(times, default=0.0)


def _quiet_room(url: str, token: str) -> None:
    """A room whose monitor went quiet half an hour ago."""
    now = int(time.time()) // 60 * 60
    same = {"room": 199, "mrn": 5999, "name": "Nora Winter", "mask_on": True}
    figures = {"cpap_pressure": 8.5, "breath_rate": 15.0, "apnea_count": 0, "leak_rate": 7.0, "spo2": 95.0}
    times = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in range(now - 8 * 3600, now - 1800, 60))
    lines = [json.dumps({**same, **figures, "time": at}) for at in times]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    requests.post(f"{url}/v1/readings", data="\n".join(lines), headers=headers).raise_for_status()


def take(url: str, token: str, folder: Path) -> None:
    """All pictures: `NAME-THEME-SIZE.png`."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for theme in THEMES:
            for size in SIZES:
                page = _open(browser, url, token, theme, size)
                for name, document in published.dashboards().items():
                    _show(page, document["uid"], size)
                    picture = folder / f"{name}-{theme}-{size}.png"
                    page.screenshot(path=picture)
                    _shrink(picture)
                page.context.close()
        browser.close()


def _open(browser: Browser, url: str, token: str, theme: str, size: str) -> Page:
    width, height = SIZES[size]
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(f"localStorage.setItem('bedside-theme', '{theme}')")
    page.goto(f"{url}/ward/")
    page.get_by_label("Your name or initials").fill(WHO)
    page.get_by_label("A clinician's token").fill(token)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("navigation")).to_be_visible()
    return page


def _show(page: Page, uid: str, size: str) -> None:
    """The dashboard with everything answered; as high as it is, except on the wall."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    room = "" if uid.endswith(("ward", "pipeline")) else "?var-room=105"
    night = "&from=now-12h&to=now" if uid.endswith("night") else ""
    page.goto(re.sub("#.*", "", page.url) + f"#/d/{uid}{room}{night}")
    _settle(page)
    if size != "wall":
        whole = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(HIGHEST_PX, int(whole))})
        _settle(page)


def _settle(page: Page) -> None:
    expect(page.locator(".panel").first).to_be_visible()
    page.wait_for_timeout(700)
    expect(page.locator(".panel[aria-busy]")).to_have_count(0)
    expect(page.locator(".notice.waiting:visible")).to_have_count(0)
    page.mouse.move(0, 0)


def _shrink(picture: Path) -> None:
    with Image.open(picture) as image:
        image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main()
