"""The first tokens: one for each role, made at the first start on a data folder and shown that once.

The admin's is made before anything runs (or given by BEDSIDE_ADMIN_TOKEN); the others come from the ingest API, as
every later one does. The analysts' is kept in a file as well: influxlite takes it for reading.
"""

from bedside.api import Api
from bedside.secrets import admin_token_file, analyst_token_file, forwarder_token_file, keep, kept
from bedside.settings import Settings, secret
from ingest.tokens import new_secret

ROLES = ("monitor", "clinician", "analyst")


def ensure_admin(settings: Settings) -> str | None:
    """Make the admin's token where none was given and none is kept; the new one, else None."""
    if secret("BEDSIDE_ADMIN_TOKEN") or kept(admin_token_file(settings)):
        return None
    token = new_secret()
    keep(admin_token_file(settings), token)
    return token


def ensure_forwarder(settings: Settings) -> None:
    """Make the token that the ingest server writes to influxlite with, where none is kept."""
    if not kept(forwarder_token_file(settings)):
        keep(forwarder_token_file(settings), new_secret())


def ensure_roles(settings: Settings) -> dict[str, str]:
    """Make a token for each other role through the running API, at the first start; {} later."""
    if kept(analyst_token_file(settings)):
        return {}
    api = Api(settings)
    made = {role: api.call("POST", "/v1/tokens", {"role": role, "name": f"first {role}"})["token"] for role in ROLES}
    keep(analyst_token_file(settings), made["analyst"])
    return made
