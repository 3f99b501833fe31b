"""The ward page, as a clinician meets it in a browser, over the whole pipeline."""

import os
import re
import signal
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page, Route, expect

from grafana import published
from tests.bedside.running_up import Up
from tests.ward.conftest import Stack, log_in, tokens, until
from tests.ward.story import Story

TITLES = {document["uid"]: document["title"] for document in published.dashboards().values()}


def panel(page: Page, title: str):
    """The panel with that title."""
    return page.get_by_role("region", name=title, exact=True).first


def go(page: Page, uid: str, query: str = "") -> None:
    """Show a dashboard by the part of the address that the page itself reads; its panels are there then."""
    page.goto(page.url.split("#")[0] + f"#/d/{uid}?{query}")
    expect(page).to_have_title(f"{TITLES[uid]} · Bedside")


def refuse_once(page: Page, path: str) -> None:
    """Let the first call of that path meet a server that cannot answer now."""

    def refuse(route: Route) -> None:
        route.fulfill(status=502, json={"type": "api-away", "detail": "It does not answer. Trying again."})

    page.route(f"**/ward/api/{path}", refuse, times=1)


def chart(page: Page, title: str):
    """A panel's chart."""
    return panel(page, title).get_by_role("figure")


def test_a_wrong_token_is_told_and_a_monitors_is_refused(browser: Browser, stack: Stack) -> None:
    """Whoever has no clinician's token reads why in a sentence, and sees nothing of the ward."""
    page = browser.new_page()
    page.goto(f"{stack.url}/ward/")
    for token, told in (("wrong", "not known"), (stack.monitor, "not a clinician's")):
        page.get_by_label("Your name or initials").fill("X")
        page.get_by_label("A clinician's token").fill(token)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_role("navigation")).to_have_count(0)
    page.close()


def test_the_quiet_room_is_found(page: Page) -> None:
    """The room whose monitor is silent stands in the list as quiet, above the steady ones, with its patient's name."""
    rows = panel(page, "Rooms, worst first").locator("tbody tr")
    expect(rows).to_have_count(4)
    quiet = rows.filter(has_text="Ada Park")
    expect(quiet).to_contain_text("quiet")
    texts = rows.all_inner_texts()
    states = [next(i for i, text in enumerate(texts) if name in text) for name in ("Ada Park", "Ben Ito")]
    assert states == sorted(states)


def test_the_way_to_a_patients_night(page: Page, stack: Stack) -> None:
    """A click on the patient opens the night with the name in the title and four curves; no address has the MRN."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    panel(page, "Rooms, worst first").get_by_role("link", name=re.compile("Ben Ito")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ben Ito · 5002")
    for title in ("Pressure", "Breath rate", "Leak", "SpO2"):
        expect(chart(page, title)).to_have_attribute("aria-label", re.compile(r"last \d"))
    assert not [url for url in asked if "5002" in url or "Ito" in url]


def test_an_earlier_night_is_laid_below(page: Page) -> None:
    """A night is compared with none at first, and an earlier one, chosen, is drawn beside it in every chart."""
    go(page, "bedside-patient-night", "var-room=102&var-mrn=5002")
    legend = panel(page, "Pressure").get_by_role("list", name="Legend")
    expect(legend).to_have_text("Pressure")
    choice = page.get_by_label("Compare with")
    expect(choice).to_have_value("none")
    night = choice.get_by_role("option").nth(1).inner_text()
    choice.select_option(night)
    for title in ("Pressure", "Breath rate", "Leak", "SpO2"):
        expect(panel(page, title).get_by_role("list", name="Legend")).to_contain_text(night)
    link = panel(page, "Nights").get_by_role("link", name=night)
    expect(link.locator("xpath=ancestor::tr")).to_contain_text(re.compile(r"\d\.\d"))
    link.click()
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    found = re.search(r"from=(\d+)&to=(\d+)", page.url)
    assert found is not None
    assert (int(found[2]) - int(found[1])) / 3_600_000 in (23, 24, 25)
    expect(page.get_by_label("Compare with")).to_have_value("none")


def test_dragging_zooms_and_the_back_button_returns(page: Page) -> None:
    """A stretch that is dragged over becomes the range of every panel; going back shows the old one."""
    go(page, "bedside-patient-night", "var-room=102&var-mrn=5002&from=now-6h&to=now")
    expect(chart(page, "Breath rate")).to_have_attribute("aria-label", re.compile(r"last \d"))
    before = page.get_by_role("button", name="Last 6 hours")
    expect(before).to_be_visible()
    box = chart(page, "Breath rate").locator(".u-over").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=5)
    page.mouse.up()
    expect(before).to_have_count(0)
    found = re.search(r"from=(\d+)&to=(\d+)", page.url)
    assert found is not None
    assert abs((int(found[2]) - int(found[1])) / 3_600_000 - 1.5) < 0.1
    page.go_back()
    expect(before).to_be_visible()


def test_keys_read_and_zoom_a_chart(page: Page) -> None:
    """Arrows on a focused chart tell time and value to a screen reader; plus zooms in."""
    go(page, "bedside-patient-night", "var-room=102&var-mrn=5002&from=now-6h&to=now")
    figure = chart(page, "Breath rate")
    expect(figure).to_have_attribute("aria-label", re.compile(r"last \d"))
    figure.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#live")).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: .*\d /min"))
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))


def test_the_keyboard_skips_the_bars(page: Page) -> None:
    """The first Tab offers a way past the bars; the next one is within the dashboard then, and focus can be seen."""
    page.reload()
    expect(panel(page, "Rooms, worst first")).to_contain_text("Ada Park")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the panels")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = "(() => { const one = document.activeElement; return [one.closest('#main') !== null, %s]; })()"
    within, outline = page.evaluate(focused % "getComputedStyle(one).outlineStyle")
    assert (within, outline) == (True, "solid")


def test_the_night_is_changed(page: Page) -> None:
    """The picker's shortcut shows last night, noon to noon in the ward's zone; the arrow goes a night further back."""
    go(page, "bedside-patient-night", "var-room=102&var-mrn=5002&from=now-6h&to=now")
    page.get_by_role("button", name="Last 6 hours").click()
    page.get_by_role("button", name="Last night, noon to noon").click()
    expect(page).to_have_url(re.compile("from=night-1&to=night-1"))
    expect(chart(page, "Pressure")).to_have_attribute("aria-label", re.compile(r"last \d"))
    page.get_by_role("button", name="Earlier").click()
    expect(page.get_by_role("button", name="The night before")).to_be_visible()
    page.get_by_role("button", name="Values of Pressure as a table").click()
    for_noon = page.evaluate("import('/ward/static/js/time.js').then((t) => t.full(t.instant('night-1')).slice(11))")
    assert for_noon == "12:00:00"


def test_nights_are_noon_to_noon_when_the_clocks_change(page: Page) -> None:
    """In Vienna the night of 28 March 2026 has 23 hours and that of 24 October 25; every other one has 24."""
    hours = page.evaluate("""async () => {
      const t = await import('/ward/static/js/time.js');
      const length = (ms) => (t.noonBefore(ms, 1) - t.noonBefore(ms)) / 3_600_000;
      return [[2, 28], [9, 24], [5, 1]].map(([month, day]) => length(Date.UTC(2026, month, day, 22)));
    }""")
    assert hours == [23, 25, 24]


def test_a_turnover_is_followed(page: Page, stack: Stack) -> None:
    """A room's history shows both patients; the one before is a click away, and her night shows her name."""
    go(page, "bedside-room", "var-room=103&from=now-2d&to=now")
    who = panel(page, "Who lay here")
    expect(who.get_by_role("link", name=re.compile("Dina Okoye"))).to_be_visible()
    legend = panel(page, "Pressure").get_by_role("list", name="Legend")
    expect(legend).to_contain_text("Cleo Lund")
    expect(legend).to_contain_text("Dina Okoye")
    who.get_by_role("link", name=re.compile("Cleo Lund")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cleo Lund · 5003")
    expect(chart(page, "Pressure")).to_have_attribute("aria-label", re.compile(r"last \d"))


def test_an_alert_is_snoozed(page: Page, stack: Stack) -> None:
    """An alert that fires can be snoozed for a while: it then says by whom and until when, and can be taken back."""
    button = page.get_by_role("button", name=re.compile("^Alerts"))
    expect(button).to_have_accessible_name(re.compile("firing$"))
    button.click()
    box = page.get_by_role("complementary", name="Alerts")
    expect(box).to_contain_text("Not for active patient monitoring")
    alert = box.get_by_role("listitem").filter(has_text="Room 104").filter(has_text="Apneas")
    alert.get_by_label(re.compile("How long")).select_option("30 min")
    alert.get_by_role("button", name="Snooze").click()
    expect(alert).to_contain_text(re.compile(r"Snoozed by Dr\. Moss at \S+, until \S+"))
    alert.get_by_role("button", name="Undo").click()
    expect(alert.get_by_role("button", name="Acknowledge")).to_be_visible()
    page.get_by_role("button", name="Close the alerts").click()


def test_alerts_on_a_phone_make_way(page: Page) -> None:
    """On a phone, where the alerts cover the page, the link to a room shows the room."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name=re.compile("^Alerts")).click()
    box = page.get_by_role("complementary", name="Alerts")
    box.get_by_role("link", name="Room 104").first.click()
    expect(box).to_be_hidden()
    expect(page.get_by_label("Room", exact=True)).to_have_value("104")


def test_a_lost_server_is_told_and_comes_back(page: Page, stack: Stack) -> None:
    """When the ward server is gone the page says so and keeps what it shows; then it goes on by itself."""
    expect(panel(page, "Rooms, worst first")).to_contain_text("Ada Park")
    pid = stack.up.pid("ward")
    os.kill(pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    page.get_by_role("button", name="Ask again now").click()
    expect(page.locator(".banner")).to_contain_text("does not answer")
    expect(panel(page, "Rooms, worst first")).to_contain_text("Ada Park")
    # The new process knows no sessions: it asks who is there, and goes on where the page was.
    expect(page.get_by_label("A clinician's token")).to_be_visible()
    log_in(page, stack)
    expect(panel(page, "Rooms, worst first")).to_contain_text("Ada Park")
    expect(page.locator(".banner")).to_be_hidden()


def test_influxdb_away_is_told_in_the_panel(page: Page, stack: Stack) -> None:
    """While InfluxDB is away a panel keeps what it showed and says since when; it goes on by itself, soon."""
    go(page, "bedside-ward", "refresh=1h")
    rooms = panel(page, "Rooms, worst first")
    expect(rooms).to_contain_text("Ada Park")
    os.kill(stack.up.pid("influxlite"), signal.SIGKILL)
    page.get_by_role("button", name="Ask again now").click()
    expect(rooms.locator(".panel-state")).to_contain_text("InfluxDB does not answer")
    expect(rooms).to_contain_text("Ada Park")
    until(lambda: _passes(f"http://127.0.0.1:{stack.up.influx_port}/health"), "InfluxDB again")
    expect(rooms.locator(".panel-state")).to_have_text("")


def _passes(url: str) -> bool:
    try:
        return requests.get(url).ok
    except requests.ConnectionError:
        return False


def test_a_night_prints_on_one_page(page: Page, stack: Stack) -> None:
    """The patient's night is one sheet of paper, landscape."""
    go(page, "bedside-patient-night", "var-room=102&var-mrn=5002&from=now-12h&to=now")
    expect(chart(page, "Breath rate")).to_have_attribute("aria-label", re.compile(r"last \d"))
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


def test_themes_and_full_size(page: Page) -> None:
    """Dark and light are a button away and are kept; a panel fills the page and gives it back."""
    html = page.locator("html")
    before = html.get_attribute("data-theme")
    page.get_by_role("button", name="Dark or light").click()
    after = html.get_attribute("data-theme")
    assert {before, after} == {"dark", "light"}
    page.reload()
    expect(html).to_have_attribute("data-theme", str(after))
    page.get_by_role("button", name="The night of all rooms in full size").click()
    expect(panel(page, "Rooms, worst first")).to_be_hidden()
    expect(chart(page, "The night of all rooms")).to_be_visible()
    page.get_by_role("button", name="The night of all rooms in full size").click()
    expect(panel(page, "Rooms, worst first")).to_be_visible()


def test_an_empty_ward_and_its_first_reading(browser: Browser, tmp_path: Path) -> None:
    """A ward in which nothing has reported says how it begins; the first reading shows by itself, drawn as a point."""
    up = Up(tmp_path / "data").start()
    try:
        given = tokens(up)
        empty = Stack(up, given["clinician"], given["monitor"], Story(0, 0))
        page = browser.new_page()
        refuse_once(page, "rooms")  # which is no reason to say nothing
        page.goto(f"{empty.url}/ward/")
        log_in(page, empty)
        expect(page.get_by_role("heading", name="No room has reported yet")).to_be_visible()
        expect(page.locator(".notice.fault")).to_have_count(0)
        reading = {"room": "7", "mrn": "1", "name": "Eva First", "breath_rate": 14.5, "cpap_pressure": 8.0}
        headers = {"Authorization": f"Bearer {empty.monitor}"}
        requests.post(f"{empty.url}/v1/readings", json=reading, headers=headers).raise_for_status()
        panel(page, "Rooms, worst first").get_by_role("link", name=re.compile("Eva First")).click()
        expect(page.get_by_role("heading", name="No room has reported yet")).to_have_count(0)
        expect(chart(page, "Breath rate")).to_have_attribute("aria-label", re.compile(r"last 14\.5 /min"))
        expect(panel(page, "SpO2")).to_contain_text("No readings in this time")
        page.close()
    finally:
        up.stop()


def test_a_login_opens_one_dashboard(browser: Browser, stack: Stack) -> None:
    """What a login shows is opened once: a second copy, on no screen, would be the one that is kept up to date."""
    page = browser.new_page()
    try:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.rpartition("/ward/api/")[2]))
        page.goto(f"{stack.url}/ward/")
        log_in(page, stack)
        expect(panel(page, "Rooms, worst first")).to_contain_text("Ada Park")
        assert asked.count("dashboards/bedside-ward") == 1
    finally:
        page.close()


def test_a_page_that_could_not_be_opened_opens_by_itself(browser: Browser, stack: Stack) -> None:
    """A dashboard that the server could not give at once is asked for again."""
    page = browser.new_page()
    try:
        refuse_once(page, "dashboards/bedside-ward")
        page.goto(f"{stack.url}/ward/")
        log_in(page, stack)
        expect(page.locator(".notice.fault")).to_have_text("It does not answer. Trying again.")
        expect(panel(page, "Rooms, worst first")).to_contain_text("Ada Park")
        expect(page.locator(".notice.fault")).to_have_count(0)
    finally:
        page.close()


def test_logging_out_leaves_nothing_behind(page: Page) -> None:
    """After the logout no name is on the page, and the browser's back button brings none back."""
    expect(panel(page, "Rooms, worst first")).to_contain_text("Ada Park")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("A clinician's token")).to_be_visible()
    assert "Ada Park" not in page.content()
    page.reload()
    expect(page.get_by_label("A clinician's token")).to_be_visible()
    assert "Ada Park" not in page.content()
