"""`bedside export`: readings and stays as CSV, Parquet, EDF+ and FHIR."""

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import click
import polars as pl

from bedside.api import Api
from bedside.commands.asking import asking, zone_of
from bedside.commands.files import told_as_failures
from bedside.commands.options import data_option, settings_of, token_option
from bedside.errors import Failure
from bedside.secrets import keep, kept
from bedside.settings import Settings
from query.files.edf import edf_bytes
from query.files.exports import Selection, extents, stays_frame
from query.files.fhir import write_encounters, write_observations
from query.files.pseudonyms import Pseudonyms
from query.files.tables import readings_table, stays_table, whole_file
from query.ward import Ward

FORMS = {".csv": "csv", ".parquet": "parquet"}
ENDINGS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}


def selecting(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what to export, alike for every form."""
    for option in reversed(
        (
            click.option("--mrn", help="One patient [default: the whole ward]."),
            click.option("--from", "begin", metavar="TIME", help="Not before this [default: the first reading]."),
            click.option("--to", "end", metavar="TIME", help="Before this [default: now]."),
            click.option("--timezone", help="The ward's zone [default: $BEDSIDE_TIMEZONE, else UTC]."),
            click.option("--pseudonyms", is_flag=True, help="A keyed hash in the place of each MRN, and no room."),
            click.option("--keep-rooms", is_flag=True, help="With --pseudonyms: keep the rooms."),
            click.option(
                "--key-file",
                type=click.Path(exists=True, dir_okay=False, path_type=Path),
                help="The key of the pseudonyms [default: DATA/secrets/pseudonym-key, made when first needed].",
            ),
            click.option("--influx-token", help="A token for InfluxDB's API [default: as `bedside flux`]."),
            token_option,
            data_option,
        )
    ):
        command = option(command)
    return command


@click.group()
def export() -> None:
    """Write readings and stays to files: CSV, Parquet, EDF+, FHIR.

    TIME is a day or a time such as 2026-01-10 or 2026-01-10T22:00, in the ward's zone unless it has an offset. Forms,
    columns and codes: docs/files.md. Names are in none of them.
    """


@export.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--images", type=click.Path(file_okay=False, path_type=Path), help="Put the flow images into this folder."
)
@selecting
def readings(file: Path, images: Path | None, **options: Any) -> None:
    """Write readings to FILE, which ends in .csv or .parquet: one row a reading, in the order of time."""
    form = form_of(file)
    chosen = Chosen(**options)
    with told_as_failures(), chosen.ward() as ward, whole_file(file) as out:
        selection = chosen.selection(ward)
        frames = selection.frames(ward)
        if images is not None:
            if chosen.options["pseudonyms"]:
                raise click.UsageError("--images would lead back to the patients: it does not go with --pseudonyms.")
            frames = _with_images(frames, images, chosen.api)
        rows = readings_table(out, frames, form)
    click.echo(f"{file}: {rows} readings", err=True)


@export.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@selecting
def stays(file: Path, **options: Any) -> None:
    """Write stays to FILE, which ends in .csv or .parquet: all that touch the range."""
    form = form_of(file)
    chosen = Chosen(**options)
    with told_as_failures(), whole_file(file) as out:
        frame = chosen.stays()
        rows = stays_table(out, frame, form)
    click.echo(f"{file}: {rows} stays", err=True)


@export.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@selecting
def edf(folder: Path, **options: Any) -> None:
    """Write an EDF+ file for each patient into FOLDER: a record of 60 seconds a minute, the ward's clock."""
    chosen = Chosen(**options)
    with told_as_failures(), chosen.ward() as ward:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for mrn, (first, last) in chosen.extents(ward).items():
            code = mrn if chosen.pseudonyms is None else chosen.pseudonyms.mrn(mrn)
            stop = last + timedelta(milliseconds=1)
            frames = Selection(mrn, first, stop, chosen.pseudonyms).frames(ward)
            content = edf_bytes(frames, first, stop, code, chosen.zone)
            with whole_file(folder / f"{code}.edf") as out:
                out.write(content)
            click.echo(f"{folder / code}.edf: {len(content)} bytes", err=True)


@export.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@selecting
def fhir(folder: Path, **options: Any) -> None:
    """Write FHIR R4 into FOLDER: Observation.ndjson of readings and Encounter.ndjson of stays."""
    chosen = Chosen(**options)
    with told_as_failures(), chosen.ward() as ward:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(folder / "Observation.ndjson") as out:
            observations = write_observations(chosen.selection(ward).frames(ward), out)
        with whole_file(folder / "Encounter.ndjson") as out:
            encounters = write_encounters(chosen.stays(), out)
    click.echo(f"{folder}: {observations} Observations, {encounters} Encounters", err=True)


class Chosen:
    """What the options of an export mean."""

    def __init__(self, **options: Any) -> None:
        """Nothing is asked yet."""
        self.options = options
        self.settings: Settings = settings_of(options["data"])
        self.api = Api(self.settings, options["api_token"])
        self.zone = zone_of(options["timezone"], quietly=True)
        self.pseudonyms = self._pseudonyms() if options["pseudonyms"] else None
        self.stop = moment("--to", options["end"], self.zone) or datetime.now(UTC)
        self.start = moment("--from", options["begin"], self.zone)

    def ward(self) -> Any:
        """The ward to ask, as a context."""
        return asking(self.settings, self.options["influx_token"], self.zone)

    def selection(self, ward: Ward) -> Selection:
        """What to export; without --from from the first reading that is stored."""
        start = self.start or min(first for first, _ in self.extents(ward).values())
        return Selection(self.options["mrn"], start, self.stop, self.pseudonyms)

    def extents(self, ward: Ward) -> dict[str, tuple[datetime, datetime]]:
        """The first and the last reading of each patient to export; Failure where there is none."""
        mrn = self.options["mrn"]
        found = extents(ward, mrn, self.start, self.stop)
        if not found:
            raise Failure("There is no reading of " + ("that patient" if mrn else "anybody") + " in that range.")
        return found

    def stays(self) -> pl.DataFrame:
        """The stays of the patient or of all rooms that touch the range."""
        if mrn := self.options["mrn"]:
            paths = [f"/v1/patients/{quote(mrn, safe='')}"]
        else:
            paths = [f"/v1/rooms/{quote(row['room'], safe='')}" for row in self.api.call("GET", "/v1/rooms")["rooms"]]
        found = [stay for path in paths for stay in self.api.stays(path)]
        frame = stays_frame(found, self.pseudonyms).filter(pl.col("from") < self.stop)
        return frame if self.start is None else frame.filter(pl.col("to").is_null() | (pl.col("to") > self.start))

    def _pseudonyms(self) -> Pseudonyms:
        if path := self.options["key_file"]:
            key = path.read_bytes().strip()
        else:
            place = self.settings.data / "secrets" / "pseudonym-key"
            if kept(place) is None:
                keep(place, secrets.token_hex(32))
            key = (kept(place) or "").encode()
        with told_as_failures():
            return Pseudonyms(key, keep_rooms=self.options["keep_rooms"])


def form_of(file: Path) -> str:
    """`csv` or `parquet`, by the ending."""
    if found := FORMS.get(file.suffix.lower()):
        return found
    raise click.BadParameter(f"{file.name} should end in {' or '.join(FORMS)}", param_hint="FILE")


def moment(option: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    """An instant from the command line, in the ward's zone unless it has an offset."""
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            found = datetime.combine(date.fromisoformat(text), time.min)
        else:
            found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise click.BadParameter("is no time such as 2026-01-10 or 2026-01-10T22:00", param_hint=option) from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _with_images(frames: Iterator[pl.DataFrame], folder: Path, api: Api) -> Iterator[pl.DataFrame]:
    """The same frames; each flow image is put into the folder when its reading passes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for frame in frames:
        for digest in frame["flow_image"].drop_nulls().unique().sort():
            if not list(folder.glob(f"{digest}.*")):
                content = api.content(f"/v1/images/{digest}")
                ending = next((name for head, name in ENDINGS.items() if content.startswith(head)), "bin")
                with whole_file(folder / f"{digest}.{ending}") as out:
                    out.write(content)
        yield frame
