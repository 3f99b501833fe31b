"""Tokens: kept as their SHA-256, looked up by it, and guessed slowly."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
import requests

from ingest.tokens import digest_of
from tests.security.conftest import ADMIN, Doors

ALLOWED = 100  # refused tokens of one address in a minute, before it is told to wait
MARK = {"X-Bedside-Ward": "1"}
GUESSES: dict[str, Callable[[Doors, str, str], requests.Response]] = {
    "the API": lambda doors, token, address: doors.call(
        "GET", "/v1/rooms", token, headers={"X-Forwarded-For": address}
    ),
    "a post of readings": lambda doors, token, address: doors.call(
        "POST", "/v1/readings", token, headers={"X-Forwarded-For": address}, json={"room": 1, "mrn": 1}
    ),
    "the page's login": lambda doors, token, address: doors.call(
        "POST", "/ward/api/session", headers={"X-Forwarded-For": address, **MARK}, json={"token": token, "who": "x"}
    ),
    "influxlite": lambda doors, token, address: doors.call(
        "GET", doors.influx_url + "/api/v2/buckets", token, headers={"X-Forwarded-For": address}
    ),
    "a write to influxlite": lambda doors, token, address: doors.call(
        "POST", doors.influx_url + "/api/v2/write?org=ward&bucket=none", token, headers={"X-Forwarded-For": address}
    ),
}


@pytest.mark.parametrize("door", GUESSES)
def test_guessing_is_slowed_and_good_tokens_are_not(doors: Doors, door: str) -> None:
    """After 100 refused tokens of an address: 429, and how long to wait; good ones get in, and other addresses do."""
    guess, address = GUESSES[door], f"192.0.2.{list(GUESSES).index(door)}"
    statuses = [guess(doors, f"guess-{number}", address).status_code for number in range(ALLOWED + 5)]
    assert statuses == [401] * ALLOWED + [429] * 5
    told = guess(doors, "one-more", address)
    assert 0 < int(told.headers["Retry-After"]) <= 60
    assert "wait" in told.text
    for _ in range(3):
        assert guess(doors, doors.tokens["admin"], address).status_code not in (401, 403, 429)
    assert guess(doors, "guess", f"198.51.100.{10 + list(GUESSES).index(door)}").status_code == 401


def test_a_client_cannot_choose_where_it_guesses_from(doors: Doors) -> None:
    """Of X-Forwarded-For the proxy's own word counts, which is the last: what stands before it is the client's."""
    spoofed = [
        doors.call("GET", "/v1/rooms", "guess", headers={"X-Forwarded-For": f"203.0.113.{n}, 192.0.2.99"}).status_code
        for n in range(ALLOWED + 3)
    ]
    assert spoofed[-3:] == [429] * 3


def test_a_request_without_a_token_is_no_guess(doors: Doors) -> None:
    """A page whose session has ended, and a monitor that forgot its token, are told 401 however often they ask."""
    address = {"X-Forwarded-For": "192.0.2.77"}
    for _ in range(ALLOWED + 5):
        assert doors.call("GET", "/v1/rooms", headers=address).status_code == 401
        assert doors.call("GET", "/ward/api/rooms", headers=address, cookies={"bedside_ward": "x"}).status_code == 401


def test_only_digests_are_kept(doors: Doors) -> None:
    """The database has each token's SHA-256, by which it is found: no comparison ever sees a token's own characters."""
    with closing(sqlite3.connect(f"file:{doors.up.data / 'bedside.db'}?mode=ro", uri=True)) as database:
        kept = {digest for (digest,) in database.execute("SELECT digest FROM tokens")}
    for name in ("monitor", "clinician", "analyst", "limited", "admin"):
        assert digest_of(doors.tokens[name]) == hashlib.sha256(doors.tokens[name].encode()).digest()
        assert digest_of(doors.tokens[name]) in kept
    assert digest_of(doors.tokens["revoked"]) not in kept
    secret = {"admin-token", "analyst-token", "bedside-admin-token"}
    for file in (file for file in doors.up.data.rglob("*") if file.is_file() and file.name not in secret):
        content = file.read_bytes()
        for name, token in doors.tokens.items():
            assert token.encode() not in content, (file, name)


def test_a_token_is_told_once(doors: Doors) -> None:
    """No list and no answer but the one that made it holds a token or its digest."""
    told = doors.call("GET", "/v1/tokens", ADMIN).text
    told += doors.call("GET", doors.influx_url + "/api/v2/authorizations", ADMIN).text
    for token in doors.tokens.values():
        assert token not in told
        assert digest_of(token).hex() not in told
