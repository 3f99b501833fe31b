"""`bedside forget`: removes everything that names a patient, and shows that nothing is left."""

from pathlib import Path
from urllib.parse import quote

import click

from bedside.api import Api
from bedside.commands.options import data_option, json_option, print_json, settings_of, token_option
from bedside.errors import Failure
from bedside.tables import Table

_MEANING = {
    "patients": "identity and name",
    "stays": "stays",
    "receipts": "receipts of readings",
    "waiting": "lines that waited for InfluxDB",
    "quarantined": "lines in quarantine",
    "points": "values in InfluxDB",
    "images": "flow images",
}


@click.command()
@click.option("--mrn", required=True, help="The patient.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@token_option
@data_option
def forget(mrn: str, yes: bool, as_json: bool, api_token: str | None, data: Path | None) -> None:
    """Remove a patient for good: name, stays, receipts, images, what waits for InfluxDB, and every point.

    It cannot be undone. Forwarding rests meanwhile. Backups taken before still hold the patient.
    """
    if not yes:
        typed = click.prompt("This cannot be undone. Type the MRN again to remove that patient", default="")
        if typed != mrn:
            raise Failure("That is another MRN; nothing was removed.")
    answer = Api(settings_of(data), api_token).call("DELETE", f"/v1/patients/{quote(mrn, safe='')}")
    if as_json:
        print_json(answer)
    if answer["status"] != "forgotten":
        raise Failure(
            "The database is rid of the patient, but InfluxDB cannot be asked now; it follows by itself. "
            "The same command tells when it is done."
        )
    if not as_json:
        table = Table("removed", "of")
        for name, meaning in _MEANING.items():
            table.add_row(f"{answer['removed'].get(name, 0):,}", meaning)
        table.show()
        for bucket, left in answer["left"].items():
            click.echo(f"Bucket {bucket}: {left} values still name the patient.")
        click.echo("Backups taken before today still hold the patient: delete them when you may.")
