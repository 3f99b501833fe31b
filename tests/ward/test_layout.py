"""How the ward page is laid out: what stands where, on a desktop, a tablet and paper."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.ward.test_page import chart, go, panel

ROW_PX = 38  # a row of the grid with its gap


def settled(page: Page) -> None:
    """Wait until every panel has its answer."""
    expect(page.locator(".panel").first).to_be_visible()
    expect(page.locator(".notice.waiting:visible")).to_have_count(0)
    expect(page.locator(".panel[aria-busy]")).to_have_count(0)


def test_what_was_chosen_goes_along(page: Page) -> None:
    """A room and a range that somebody chose are kept by the tabs; another room takes its own patient along."""
    go(page, "bedside-room")
    page.get_by_label("Room", exact=True).select_option("103")
    page.get_by_role("button", name="Last 3 days").click()
    page.get_by_role("button", name="Last 24 hours").click()
    page.get_by_role("link", name="Patient night", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dina Okoye · 5004")
    expect(page.get_by_role("button", name="Last 24 hours").first).to_be_visible()
    page.get_by_label("MRN", exact=True).select_option("5003")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cleo Lund · 5003")
    page.get_by_role("link", name="Room", exact=True).click()
    page.get_by_label("Room", exact=True).select_option("102")
    page.get_by_role("link", name="Patient night", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ben Ito · 5002")


def test_an_instant_is_at_one_place_on_all_charts(page: Page) -> None:
    """The time axes of a night lie under each other, whatever the units at their left; bars begin at their hour."""
    go(page, "bedside-patient-night", "var-room=102&var-mrn=5002&from=now-12h&to=now")
    lefts = set()
    for title in ("Pressure", "Breath rate", "Leak", "SpO2", "Apneas by hour"):
        expect(chart(page, title)).to_have_attribute("aria-label", re.compile(r"last \d"))
        box = chart(page, title).locator(".u-over").bounding_box()
        assert box is not None
        lefts.add((round(box["x"]), round(box["width"])))
    assert len(lefts) == 1
    places = page.evaluate("""async () => {
      const { barPlaces } = await import('/ward/static/js/charts/timeseries.js');
      const after = { barWidthFactor: 0.5, barAlignment: 1 };
      const range = { start: 0, stop: 300 };
      const asked = [[[50, 60, 120, 180], after], [[60, 120], {}], [[7], after]];
      return asked.map(([times, look]) => barPlaces(times, look, range));
    }""")
    assert places == [
        {"begins": [0, 60, 120, 180], "width": 30},
        {"begins": [42, 102], "width": 36},
        {"begins": [7], "width": 5},
    ]


def test_a_table_takes_no_more_room_than_its_rows(page: Page) -> None:
    """Under a short table the next panel begins; a description that is opened makes the panel higher, not shorter."""
    rooms = panel(page, "Rooms, worst first")
    expect(rooms.locator("tbody tr")).to_have_count(4)
    settled(page)
    below = panel(page, "The night of all rooms")
    end, table, begin = (one.bounding_box() for one in (rooms, rooms.locator("table"), below))
    assert end is not None
    assert table is not None
    assert begin is not None
    bottom = end["y"] + end["height"]
    assert 0 <= bottom - (table["y"] + table["height"]) < ROW_PX + 14
    assert abs(begin["y"] - bottom - 8) < 1
    rooms.get_by_role("button", name="What this panel shows").click()
    assert rooms.locator(".scroll").evaluate("(box) => box.scrollHeight <= box.clientHeight + 1")
    rooms.get_by_role("button", name="What this panel shows").click()


@pytest.mark.parametrize("width", [1400, 1024])
def test_nothing_is_beyond_the_edge(page: Page, width: int) -> None:
    """On a desktop and on a tablet no table has columns that one must scroll to, and no name of a figure is cut."""
    page.set_viewport_size({"width": width, "height": 800})
    for uid in ("bedside-ward", "bedside-patient-night", "bedside-pipeline", "bedside-trends"):
        go(page, uid, "" if uid.endswith(("ward", "pipeline")) else "var-room=102&var-mrn=5002")
        settled(page)
        for box in page.locator(".scroll:visible, .stats:visible").all():
            assert box.evaluate("(box) => box.scrollWidth <= box.clientWidth"), (uid, box.get_attribute("aria-label"))
        cut = page.locator(".stat-name").evaluate_all(
            "(all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1)"
        )
        assert cut == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_states_are_told_in_one_order(page: Page) -> None:
    """The legend of the night names states as the dashboard orders them, worst first, whatever came first."""
    go(page, "bedside-ward", "from=now-3d&to=now")
    legend = panel(page, "The night of all rooms").get_by_role("list", name="States")
    expect(legend.get_by_role("listitem")).to_have_text(["2 or more apneas in a reading", "steady", "no reading"])


def test_an_empty_list_says_what_that_means(page: Page) -> None:
    """Where no clock is wrong the panel says so and sends nobody to look for more; a long silence is in minutes."""
    go(page, "bedside-pipeline")
    clocks = panel(page, "Clocks that are wrong")
    expect(clocks).to_contain_text("No device's clock is off by more than 30 s")
    expect(clocks).not_to_contain_text("Choose")
    silent = panel(page, "Monitors by silence").locator("tbody tr").filter(has_text="101")
    expect(silent).to_contain_text(re.compile(r"\d\d min"))


def test_paper_is_filled(page: Page) -> None:
    """On paper a chart that is alone on its line is as wide as the sheet, and the page is as it was afterwards."""
    go(page, "bedside-patient-night", "var-room=102&var-mrn=5002&from=now-12h&to=now")
    for title in ("Pressure", "Breath rate", "Leak", "SpO2", "Apneas by hour"):
        expect(chart(page, title)).to_have_attribute("aria-label", re.compile(r"last \d"))
    apneas = panel(page, "Apneas by hour")
    before = apneas.evaluate("(one) => one.style.gridArea")
    # A browser may copy the page as soon as it has said so: everything is drawn then.
    drawn = page.evaluate("""() => {
      dispatchEvent(new Event('beforeprint'));
      return [...document.querySelectorAll('.uplot')].map((plot) => {
        const { width, height } = plot.querySelector('canvas');
        const { data } = plot.querySelector('canvas').getContext('2d').getImageData(0, 0, width, height);
        return data.some((byte) => byte > 0);
      });
    }""")
    assert drawn == [True] * 5
    assert apneas.evaluate("(one) => one.style.gridColumn") == "1 / span 24"
    widths = page.evaluate("""async () => {
      const { layOut } = await import('/ward/static/js/print.js');
      const chart = (y) => ({ model: { type: 'timeseries', gridPos: { x: 0, y, w: 24, h: 7 } }, rows: 7 });
      const table = { model: { type: 'table', gridPos: { x: 0, y: 21, w: 24, h: 8 } }, rows: 5 };
      const { places, rows } = layOut([chart(0), chart(7), chart(14), table], true);
      return [...places.map(({ x, y, w }) => [x, y, w]), rows];
    }""")
    assert widths == [[0, 0, 12], [12, 0, 12], [0, 7, 24], [0, 14, 24], 19]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert apneas.evaluate("(one) => one.style.gridArea") == before
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(media="print")
    assert page.locator(".dashboard").evaluate("(grid) => getComputedStyle(grid).display") == "grid"
    page.emulate_media(media="screen")
