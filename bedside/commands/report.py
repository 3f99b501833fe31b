"""`bedside report`: a patient's night on one sheet, and adherence over the nights."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import click

from bedside.api import Api
from bedside.commands.asking import asking, interval_option, timezone_option, zone_of
from bedside.commands.files import told_as_failures
from bedside.commands.options import data_option, json_option, print_json, settings_of, token_option
from bedside.errors import Failure, Refused
from bedside.tables import harmless
from query.files.tables import whole_file
from query.night import words
from query.night.adherence import Adherence, adherence, nights_of_interest, usage_by_night
from query.night.bounds import night_bounds
from query.night.coverage import reach
from query.night.page import html_page
from query.night.readings import as_readings
from query.night.report import MOST_IMAGES, NightReport, Stay, night_report
from query.night.sheet import pdf_sheet

mrn_option = click.option("--mrn", required=True, help="The patient.")
influx_option = click.option("--influx-token", help="A token for InfluxDB's API [default: as `bedside flux`].")


@click.group()
def report() -> None:
    """Reports about a patient: one night, or adherence.

    Definitions and sources: docs/night-report.md. Not for active patient monitoring.
    """


@report.command()
@mrn_option
@click.option("--night", required=True, metavar="DATE", help="The day on which the night begins, such as 2026-01-10.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page that prints on one sheet.")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write one sheet of A4.")
@click.option("--anonymous", is_flag=True, help="Leave the patient's name out.")
@json_option
@timezone_option
@interval_option
@influx_option
@token_option
@data_option
def night(
    mrn: str,
    night: str,
    html: Path | None,
    pdf: Path | None,
    anonymous: bool,
    as_json: bool,
    timezone: str | None,
    interval: float,
    influx_token: str | None,
    api_token: str | None,
    data: Path | None,
) -> None:
    """Report one night of a patient, noon to noon in the ward's zone.

    The name, the stays and the flow images come from the API and need a clinician's token; with one that may not see
    them, the report says what it left out. A night without readings is reported as such.
    """
    zone = zone_of(timezone)
    day = _day(night)
    settings = settings_of(data)
    start, stop = night_bounds(day, zone)
    around = reach(interval)
    with asking(settings, influx_token, zone) as ward:
        readings = as_readings(ward.readings(mrn=mrn, start=start - around, stop=stop + around))
    api = Api(settings, api_token)
    name, stays = _patient(api, mrn, anonymous)
    found = night_report(
        readings, day, zone, mrn=mrn, name=name, stays=stays, printed=datetime.now(UTC), interval_s=interval
    )
    if html or pdf:
        found = _with_images(found, api)
    for path, make in ((html, lambda: html_page(found).encode()), (pdf, lambda: pdf_sheet(found))):
        if path is not None:
            with told_as_failures(), whole_file(path) as file:
                file.write(make())
            click.echo(f"{path} is written.", err=True)
    if as_json:
        print_json(found.document())
    elif not (html or pdf):
        _print(found)


@report.command("adherence")
@mrn_option
@json_option
@timezone_option
@interval_option
@influx_option
@token_option
@data_option
def adherence_command(
    mrn: str,
    as_json: bool,
    timezone: str | None,
    interval: float,
    influx_token: str | None,
    api_token: str | None,
    data: Path | None,
) -> None:
    """Say whether a patient meets the CMS rule: 4 hours or more on 70% of nights in any 30 days of the first 90.

    The last 30 nights are told as well, and labelled: they are no CMS figure.
    """
    zone = zone_of(timezone)
    settings = settings_of(data)
    told = Api(settings, api_token).call("GET", f"/v1/patients/{quote(mrn, safe='')}")
    if told["therapy_start"] is None:
        raise Failure("No reading of this patient was ever kept, so therapy has not begun.")
    begin = datetime.fromisoformat(told["therapy_start"].replace("Z", "+00:00"))
    now = datetime.now(UTC)
    nights = nights_of_interest(begin, now, zone)
    usage: dict[date, float] = {}
    with asking(settings, influx_token, zone) as ward:
        for stretch in _stretches(nights):
            start, stop = night_bounds(stretch[0], zone)[0], night_bounds(stretch[-1], zone)[1]
            around = reach(interval)
            readings = as_readings(ward.readings(mrn=mrn, start=start - around, stop=stop + around))
            usage |= usage_by_night(readings, stretch, zone, interval)
    found = adherence(usage, begin, now, zone)
    if as_json:
        print_json(_adherence_document(mrn, found))
    else:
        _print_adherence(mrn, found, zone)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("is no day such as 2026-01-10", param_hint="--night") from None


def _patient(api: Api, mrn: str, anonymous: bool) -> tuple[str | None, tuple[Stay, ...]]:
    """The name and the stays, as far as the token may see them."""
    path = f"/v1/patients/{quote(mrn, safe='')}"
    try:
        name = None if anonymous else api.call("GET", path)["name"]
        told = api.stays(path)
    except Refused as refusal:
        click.echo(f"Without name, stays and flow images: {refusal}", err=True)
        return None, ()
    return name, tuple(Stay(stay["room"], _instant(stay["from"]), _instant_or_none(stay["to"])) for stay in told)


def _with_images(found: NightReport, api: Api) -> NightReport:
    """The report with the bytes of the flow images that it has room for, as far as they can be had."""
    images = []
    for image in found.images[:MOST_IMAGES]:
        with contextlib.suppress(Failure):
            image = replace(image, content=api.content(f"/v1/images/{image.sha256}"))
        images.append(image)
    return replace(found, images=(*images, *found.images[MOST_IMAGES:]))


def _print(found: NightReport) -> None:
    """The figures in a terminal."""
    who = harmless(f"{found.name or 'Patient'}, MRN {found.mrn}")
    click.echo(f"{who}: {words.title(found)}\n{words.span(found)}")
    if statement := words.statement(found):
        click.echo(f"\n{statement}")
    click.echo()
    for figure in (*words.headline(found), *words.details(found)):
        click.echo(f"  {figure.label:<28} {figure.value:<14} {figure.note}".rstrip())
    click.echo(f"  {'Mask on':<28} {words.session_line(found)}\n")
    for line in words.stay_lines(found):
        click.echo(f"  {line}")
    click.echo(f"\n{words.DISCLAIMER}")


def _stretches(nights: list[date]) -> Iterator[list[date]]:
    """Runs of consecutive nights: each is one question."""
    run: list[date] = []
    for day in nights:
        if run and (day - run[-1]).days != 1:
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _adherence_document(mrn: str, found: Adherence) -> dict[str, Any]:
    def window(of: Any) -> dict[str, Any] | None:
        return of and {
            "first_night": of.first.isoformat(),
            "last_night": of.last.isoformat(),
            "nights_of_4_h": of.nights_of_4_h,
            "nights": of.nights,
            "share": of.share,
        }

    return {
        "mrn": mrn,
        "rule": words.CMS_RULE,
        "therapy_start": found.therapy_start.isoformat().replace("+00:00", "Z"),
        "zone": found.zone,
        "verdict": found.verdict,
        "best_30_of_first_90": window(found.best),
        "last_30_nights_not_cms": window(found.last_30),
        "usage_s": {day.isoformat(): seconds for day, seconds in found.nights},
    }


def _print_adherence(mrn: str, found: Adherence, zone: ZoneInfo) -> None:
    click.echo(f"MRN {mrn}, therapy since {found.therapy_start.astimezone(zone):%d %b %Y %H:%M} ({found.zone})")
    click.echo(f"\n  CMS rule: {found.verdict}\n    {words.CMS_RULE}")
    if found.best is None:
        click.echo("    No night of therapy is over yet.")
    else:
        best = found.best
        click.echo(f"    best 30 nights: {best.nights_of_4_h} of {best.nights} ({best.first} to {best.last})")
    if found.last_30 is not None:
        last = found.last_30
        share = f"{last.nights_of_4_h} of {last.nights} ({100 * last.share:.0f} %)"
        click.echo(
            f"\n  Last {last.nights} night{'' if last.nights == 1 else 's'} (no CMS figure): 4 h or more on {share}"
        )
    click.echo(f"\n{words.DISCLAIMER}")


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else _instant(text)
