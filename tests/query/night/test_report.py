"""The report as people get it: one sheet, everything told, nothing in a name taken for markup, gaps left open."""

import base64
import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from pypdf import PdfReader

from query.night import words
from query.night.bounds import night_bounds
from query.night.chart import chart
from query.night.page import html_page
from query.night.readings import SCHEMA, as_readings
from query.night.report import FlowImage, NightReport, Stay, night_report
from query.night.sheet import pdf_sheet
from simulator.flow_image import flow_image
from simulator.physiology import Night

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = date(2026, 1, 10)
START, STOP = night_bounds(NIGHT, BERLIN)
LATER = STOP + timedelta(hours=3)
CHROMIUM = shutil.which("chromium")
HOSTILE = 'Ada </b><script>alert(1)</script> #let x = 1 $y$ @ref *bold* "q" \\ 名前'


def simulated(skip: range = range(0)) -> pl.DataFrame:
    """A night as a monitor measures it, a reading a minute, without the minutes to skip."""
    noon_ms = int(START.timestamp() * 1000)
    life = Night(7, "5001", noon_ms)
    rows = []
    for minute in range(1, 1440):
        if minute not in skip:
            sample = life.sample(noon_ms + minute * 60_000, 60_000)
            sample.pop("flow_image", None)
            rows.append(
                {
                    **dict.fromkeys(SCHEMA),
                    "time": START + timedelta(minutes=minute),
                    "room": "101",
                    "mrn": "5001",
                    **sample,
                }
            )
    return as_readings(pl.DataFrame(rows, schema=SCHEMA))


def reported(readings: pl.DataFrame, **options) -> NightReport:
    """The report of that night, printed after it."""
    stays = (
        Stay("101", START - timedelta(days=2), None),
        Stay("99", START - timedelta(days=9), START - timedelta(days=2)),
    )
    given = {"mrn": "5001", "name": "Ada Park", "stays": stays, "printed": LATER, **options}
    return night_report(readings, NIGHT, BERLIN, **given)


class Text(HTMLParser):
    """The text of a page, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect tags."""
        self.tags.append((tag, attrs))


def pdf_text(content: bytes) -> tuple[int, str]:
    """How many pages a PDF has, and its text without the breaks of lines."""
    reader = PdfReader(BytesIO(content))
    return len(reader.pages), " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture(scope="module")
def full() -> NightReport:
    """A whole night with a gap of 40 minutes and more images than the sheet has room for."""
    found = reported(simulated(range(600, 640)))
    picture = base64.b64decode(flow_image(14.0, []))
    images = tuple(FlowImage(START + timedelta(hours=12, minutes=i), f"{i:064x}", picture) for i in range(5))
    return replace(found, images=images)


def test_page_and_sheet_tell_the_same_figures(full: NightReport) -> None:
    """Every figure stands in the HTML and in the PDF, with its label, value and note."""
    pages, sheet = pdf_text(pdf_sheet(full))
    page = " ".join(Text(html_page(full)).text.split())
    assert pages == 1
    for figure in (*words.headline(full), *words.details(full)):
        for told in (figure.label, figure.value, figure.note):
            assert told in page
            assert told.replace("₂", "") in sheet.replace("₂", "")
    for line in (*words.stay_lines(full), words.session_line(full), words.DISCLAIMER, words.span(full), "2 more"):
        assert line in page
        assert line in sheet


def test_a_restless_night_fits_on_one_sheet_too(full: NightReport) -> None:
    """With a session and a stay an hour, a long name and more images than there is room for, it is still one page."""
    hours = [START + timedelta(hours=hour) for hour in range(24)]
    covered = simulated().with_columns(mask_on=pl.col("time").dt.minute() < 40)
    stays = tuple(Stay(str(100 + i), at, at + timedelta(hours=1)) for i, at in enumerate(hours))
    found = replace(reported(covered, stays=stays, name="Ada " * 45, printed=START), images=full.images)
    assert len(found.figures.sessions) == 24
    pages, sheet = pdf_text(pdf_sheet(found))
    assert pages == 1
    assert "and 19 more" in sheet
    assert "and 16 more" in sheet


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to print the page with")
def test_the_page_prints_on_one_sheet_of_a4(full: NightReport, tmp_path: Path) -> None:
    """Printed by a browser, the page is one sheet of 210 by 297 mm."""
    (tmp_path / "night.html").write_text(html_page(full))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={tmp_path}/c"]
    command = [str(CHROMIUM), *options, f"--print-to-pdf={tmp_path}/page.pdf", f"file://{tmp_path}/night.html"]
    subprocess.run(command, check=True, capture_output=True)
    (sheet,) = PdfReader(tmp_path / "page.pdf").pages
    millimetres = [float(side) * 25.4 / 72 for side in (sheet.mediabox.width, sheet.mediabox.height)]
    assert millimetres == pytest.approx([210, 297], abs=1)


def test_stays_are_those_that_touch_the_night(full: NightReport) -> None:
    """A stay that ended before the night is not in its report."""
    assert words.stay_lines(full) == ("Room 101: from 08 Jan 12:00 and still there",)


def test_a_name_is_text_whatever_it_holds() -> None:
    """Markup of HTML, Typst and SVG in a name comes out as it went in."""
    found = reported(simulated(), name=HOSTILE)
    page = Text(html_page(found))
    assert HOSTILE in page.text
    assert "script" not in [tag for tag, _ in page.tags]
    _, sheet = pdf_text(pdf_sheet(found))
    assert 'Ada </b><script>alert(1)</script> #let x = 1 $y$ @ref *bold* "q" \\' in sheet


def test_an_anonymous_report_has_no_name() -> None:
    """Without a name the report says "Patient", in every form."""
    found = reported(simulated(), name=None)
    assert "Ada" not in html_page(found) + pdf_text(pdf_sheet(found))[1] + json.dumps(found.document())


def test_a_missing_night_is_stated() -> None:
    """Without readings page and sheet say so, figures are missing instead of zero, and stays are still told."""
    found = reported(as_readings(pl.DataFrame()))
    for told in (Text(html_page(found)).text, pdf_text(pdf_sheet(found))[1]):
        assert "No readings: nothing is known about this night." in told
        assert "Room 101" in told
        assert "0 h 00 min in 0 sessions" not in " ".join(told.split())
    assert found.document()["missing"] is True
    assert found.document()["figures"]["apnea_index"] is None


def test_a_night_that_is_not_over_says_so() -> None:
    """A report that is printed before noon tells that its figures are preliminary; afterwards it does not."""
    early = reported(simulated(), printed=STOP - timedelta(hours=1))
    assert "not over" in words.statement(early)
    assert words.statement(reported(simulated())) == ""


def test_curves_break_where_nothing_is_known() -> None:
    """A gap in the readings is a gap in each curve: the path starts again after it."""
    whole, gap = (chart(reported(simulated(skip))) for skip in (range(0), range(720, 760)))

    def starts(svg: str) -> list[int]:
        return [path.count("M") for path in re.findall(r'<path d="([^"]+)" fill="none"', svg)]

    assert [after - before for before, after in zip(starts(whole), starts(gap), strict=True)] == [1, 1, 1, 1]


def test_a_reading_a_second_draws_no_more_than_a_page_can_show() -> None:
    """However dense the readings, the chart stays small, and its extremes are kept."""
    start = START + timedelta(hours=11)
    times = [start + timedelta(seconds=second) for second in range(20_000)]
    frame = pl.DataFrame(
        {"time": times, "room": "1", "mrn": "2", "mask_on": True, "cpap_pressure": 8.0, "leak_rate": 5.0}
    )
    dense = frame.with_columns(leak_rate=pl.when(pl.int_range(pl.len()) == 12_345).then(93.0).otherwise(5.0))
    svg = chart(reported(as_readings(dense), interval_s=1.0))
    assert len(svg) < 150_000
    assert ">95<" in svg  # the axis reaches beyond the one value of 93


def test_the_document_is_json_with_units_in_its_names(full: NightReport) -> None:
    """Times are RFC 3339, times of day in seconds end in _s, and everything survives JSON."""
    told = json.loads(json.dumps(full.document()))
    assert told["figures"]["start"] == "2026-01-10T11:00:00Z"
    assert told["figures"]["night"] == "2026-01-10"
    assert told["stays"] == [{"room": "101", "from": "2026-01-08T11:00:00Z", "to": None}]
    assert told["figures"]["usage_s"] == full.figures.usage_s > 0
    assert datetime.fromisoformat(told["figures"]["sessions"][0]["from"].replace("Z", "+00:00")).tzinfo == UTC


def test_shares_are_of_the_time_that_is_known() -> None:
    """Time below 90 % and large leak stand with their share of the time for which they are known."""
    rows = [
        {**dict.fromkeys(SCHEMA), "time": START + timedelta(hours=10, minutes=minute), "room": "101", "mrn": "5001"}
        | {"mask_on": True, "spo2": 88.0 if minute < 30 else 95.0, "leak_rate": 30.0 if minute < 45 else 5.0}
        for minute in range(298)
    ]
    report = reported(as_readings(pl.DataFrame(rows, schema=SCHEMA)))
    notes = {figure.label: figure.note for figure in (*words.headline(report), *words.details(report))}
    assert notes["SpO₂, lowest"] == "32 min below 90 % (11 %)"  # the first reading stands for three minutes
    assert notes["Large leak"] == "above 24 L/min (16 %)"
    quiet = reported(as_readings(pl.DataFrame(rows[60:], schema=SCHEMA)))
    assert words.headline(quiet)[3].note == "0 min below 90 %"
