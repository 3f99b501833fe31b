"""Names and tokens, from the ingest API with the caller's own token. Nothing that it answers is kept here."""

from typing import Any
from urllib.parse import quote

import requests

from ward.errors import Away, Forbidden, LoggedOut, NotFound

TIMEOUT_S = (2.0, 10.0)
MOST_ASKED = 200
IMAGE_BYTES = 16 * 2**20


class People:
    """Calls the ingest API as whoever is logged in."""

    def __init__(self, api_url: str) -> None:
        self._url = api_url.rstrip("/")
        self._http = requests.Session()
        self._http.trust_env = False

    def check(self, token: str) -> str:
        """The role that the page may take the token for; raises `LoggedOut` or `Forbidden` where it may not."""
        self._get("/v1/rooms", token)
        return "clinician"

    def rooms(self, token: str) -> list[dict[str, Any]]:
        """Every room with who lies in it: room, mrn, name, since, last_reading, flapping."""
        return self._get("/v1/rooms", token).json()["rooms"]

    def names(self, token: str, mrns: list[str]) -> dict[str, str]:
        """The names of these patients, at most `MOST_ASKED`; one that is not known, or has no name, is left out."""
        wanted = dict.fromkeys(mrns[:MOST_ASKED])
        found = {room["mrn"]: room["name"] for room in self.rooms(token) if room["mrn"] in wanted}
        for mrn in wanted:
            if mrn not in found:
                found[mrn] = self._name(token, mrn)
        return {mrn: name for mrn, name in found.items() if name}

    def _name(self, token: str, mrn: str) -> str | None:
        try:
            return self._get(f"/v1/patients/{quote(mrn, safe='')}", token).json()["name"]
        except NotFound:
            return None

    def image(self, token: str, sha256: str) -> tuple[bytes, str]:
        """A flow image and its media type."""
        answer = self._get(f"/v1/images/{sha256}", token)
        return answer.content[:IMAGE_BYTES], answer.headers.get("Content-Type", "application/octet-stream")

    def _get(self, path: str, token: str) -> requests.Response:
        try:
            answer = self._http.get(self._url + path, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S)
        except requests.RequestException:
            raise Away("api-away", "The server that knows the rooms does not answer. Trying again.") from None
        if answer.status_code in (401, 429):  # 429: refused as well, after many others
            raise LoggedOut("The token is not known, was revoked, or has expired. Ask for a new one.")
        if answer.status_code == 403:
            raise Forbidden("wrong-role", "This token is not a clinician's. The ward page needs a clinician's token.")
        if answer.status_code in (404, 422):
            raise NotFound("not-found", "There is nothing of that name.")
        if answer.status_code >= 400:
            raise Away("api-away", "The server that knows the rooms cannot answer now. Trying again.")
        return answer
