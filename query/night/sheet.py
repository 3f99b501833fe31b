"""A night report as a PDF of one sheet of A4, set by Typst, which needs no browser and no library of the system."""

import json
from dataclasses import asdict
from pathlib import Path

import typst

from query.night import words
from query.night.chart import chart
from query.night.page import image_kind
from query.night.report import MOST_IMAGES, FlowImage, NightReport

TEMPLATE = Path(__file__).with_name("sheet.typ")


def pdf_sheet(report: NightReport) -> bytes:
    """The report as a PDF document; whatever stands in a name, it is text there.

    An image that Typst cannot decode is left out, and the sheet says so.
    """
    try:
        return _compile(report, report.images[:MOST_IMAGES])
    except typst.TypstError:
        return _compile(report, tuple(FlowImage(i.time, i.sha256) for i in report.images[:MOST_IMAGES]))


def _compile(report: NightReport, images: tuple[FlowImage, ...]) -> bytes:
    told = {
        "mrn": report.mrn,
        "name": report.name or "Patient",
        "title": words.title(report),
        "span": words.span(report),
        "statement": words.statement(report),
        "headline": [asdict(figure) for figure in words.headline(report)],
        "details": [asdict(figure) for figure in words.details(report)],
        "chart": chart(report),
        "sessions": words.session_line(report),
        "stays": words.stay_lines(report),
        "images": [_image(image, report) for image in images],
        "more_images": max(0, len(report.images) - MOST_IMAGES),
        "disclaimer": words.DISCLAIMER,
        "printed": f"{report.printed.astimezone(report.zone):%d %b %Y %H:%M}",
    }
    made = typst.compile(TEMPLATE.read_bytes(), format="pdf", sys_inputs={"report": json.dumps(told)})
    assert isinstance(made, bytes)
    return made


def _image(image: FlowImage, report: NightReport) -> dict[str, object]:
    kind = image_kind(image.content)
    caption = f"{words.local(image.time, report.zone)}, {image.sha256[:12]}"
    content = list(image.content) if image.content and kind else None
    return {"kind": {"jpeg": "jpg"}.get(kind or "", kind), "bytes": content, "caption": caption}
