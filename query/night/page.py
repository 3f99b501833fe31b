"""A night report as one HTML file: no script, nothing from elsewhere, one sheet of A4 when it is printed."""

import base64

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from query.night import words
from query.night.chart import chart
from query.night.report import MOST_IMAGES, FlowImage, NightReport

SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
_TEMPLATES = Environment(
    loader=PackageLoader("query.night", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=False
)


def html_page(report: NightReport) -> str:
    """The report as an HTML document; whatever stands in a name, it is text there."""
    return _TEMPLATES.get_template(
        "page.html"
    ).render(
        report=report,
        title=words.title(report),
        span=words.span(report),
        statement=words.statement(report),
        headline=words.headline(report),
        details=words.details(report),
        chart=Markup(chart(report)),  # noqa: S704 - made of numbers and escaped text in `chart`
        sessions=words.session_line(report),
        stays=words.stay_lines(report),
        images=[_image(image, report) for image in report.images[:MOST_IMAGES]],
        more_images=max(0, len(report.images) - MOST_IMAGES),
        disclaimer=words.DISCLAIMER,
        printed=f"{report.printed.astimezone(report.zone):%d %b %Y %H:%M}",
    )


def image_kind(content: bytes | None) -> str | None:
    """`png` or `jpeg` by the first bytes; None for anything else, which is not shown."""
    if content is None:
        return None
    return next((kind for signature, kind in SIGNATURES.items() if content.startswith(signature)), None)


def _image(image: FlowImage, report: NightReport) -> dict[str, str | None]:
    kind = image_kind(image.content)
    source = f"data:image/{kind};base64,{base64.b64encode(image.content or b'').decode()}" if kind else None
    return {"time": words.local(image.time, report.zone), "short": image.sha256[:12], "source": source}
