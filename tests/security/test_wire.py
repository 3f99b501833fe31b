"""What arrives that is no honest request: read in one way or not at all, and the server goes on."""

import re
from urllib.parse import quote

import pytest

from tests.security.conftest import ADMIN, MARKED, Doors

HIDDEN = b"GET /v1/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + ADMIN.encode() + b"\r\n\r\n"
POST = b"POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
AMBIGUOUS = {
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" + HIDDEN,
    "a list of lengths": POST + b"Content-Length: 0, %d\r\n\r\n" + HIDDEN,
    "a signed length": POST + b"Content-Length: +%d\r\n\r\n" + HIDDEN,
    "a negative length": POST + b"Content-Length: -%d\r\n\r\n" + HIDDEN,
    "a length in hex": POST + b"Content-Length: 0x%d\r\n\r\n" + HIDDEN,
    "a length beyond any": POST + b"Content-Length: 9999999999999999999999%d\r\n\r\n" + HIDDEN,
    "a coding that is none": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "another coding too": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunked, then not": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two codings": POST + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunked twice": POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "chunked, twice in one": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a method in small letters": POST.replace(b"POST", b"delete") + b"Content-Length: 0\r\n\r\n" + HIDDEN,
    "a blank before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a chunk that is no number": POST + CHUNKED + b"\r\nzz\r\n" + HIDDEN,
    "a chunk beyond any": POST + CHUNKED + b"\r\nffffffffffffffffff\r\n" + HIDDEN,
    "a chunk below zero": POST + CHUNKED + b"\r\n-1\r\n" + HIDDEN,
    "a chunk that is shorter": POST + CHUNKED + b"\r\n1\r\nabc\r\n0\r\n\r\n" + HIDDEN,
    "chunks in lines of Unix": POST + CHUNKED + b"\r\n1\na\n0\n\n" + HIDDEN,
    "a chunk's endless extension": POST + CHUNKED + b"\r\n1;" + b"x" * 100_000 + b"\r\na\r\n0\r\n\r\n" + HIDDEN,
    "chunks in HTTP/1.0": POST.replace(b"HTTP/1.1", b"HTTP/1.0") + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "two hosts": POST + b"Host: y\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "no host": POST.replace(b"Host: x\r\n", b"") + b"Content-Length: 0\r\n\r\n" + HIDDEN,
    "a coding beyond ASCII": POST + b"Transfer-Encoding: \xe9\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "a header beyond ASCII": POST + b"Idempotency-Key: \xe9\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "a NUL in a header": POST + b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "a folded header": POST + b"X-A: a\r\n b\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "a lone CR": POST + b"X-A: a\rContent-Length: 0\r\n\r\n" + HIDDEN,
}


def statuses(told: bytes) -> list[int]:
    """The status of each answer that came."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", told)]


@pytest.mark.parametrize("what", AMBIGUOUS)
@pytest.mark.parametrize("door", ["the API", "influxlite"])
def test_an_ambiguous_request_is_none(doors: Doors, what: str, door: str) -> None:
    """Smuggling: where two servers could disagree on a body's end it is 400, and what hides behind is not heard."""
    sent = AMBIGUOUS[what].replace(b"%d", str(len(HIDDEN)).encode())
    told = doors.raw(sent, doors.up.port if door == "the API" else doors.up.influx_port)
    assert statuses(told) == [400]
    assert MARKED["name"].encode() not in told


def test_of_both_lengths_one_counts_and_the_connection_ends(doors: Doors) -> None:
    """A length beside chunks (RFC 9112, 6.3): the chunks count, and what follows on that connection is not heard."""
    told = doors.raw(POST + CHUNKED + b"Content-Length: %d\r\n\r\n0\r\n\r\n" % (len(HIDDEN) + 5) + HIDDEN)
    assert statuses(told) == [401]
    assert MARKED["name"].encode() not in told


TOO_MUCH = {
    "a header of 200 KB": (b"X-A: " + b"a" * 200_000 + b"\r\n", 431),
    "a header of 1 MB": (b"X-A: " + b"a" * 1_000_000 + b"\r\n", 431),
    "5,000 headers": (b"".join(b"X-%d: a\r\n" % n for n in range(5000)), 431),
    "a cookie of 1 MB": (b"Cookie: bedside_ward=" + b"a" * 1_000_000 + b"\r\n", 431),
}


@pytest.mark.parametrize("what", TOO_MUCH)
@pytest.mark.parametrize("path", [b"/v1/rooms", b"/ward/api/rooms"])
def test_oversized_headers_are_refused(doors: Doors, what: str, path: bytes) -> None:
    """431, and the next request is answered."""
    header, status = TOO_MUCH[what]
    told = doors.raw(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n")
    assert statuses(told) in ([status], [])  # the client may be cut off before it has sent all, and then hears nothing
    assert doors.call("GET", "/healthz").status_code == 200


def test_a_long_address_is_refused(doors: Doors) -> None:
    """414, at the API and at influxlite."""
    for port in (doors.up.port, doors.up.influx_port):
        told = doors.raw(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", port)
        assert statuses(told) == [414]


TRICKS = (
    "/v1/rooms%2f301", "/v1//rooms", "//v1/rooms", "/v1/./rooms", "/v1/x/../rooms", "/v1/%2e%2e/v1/rooms",
    "/v1/rooms%00", "/v1/rooms\\301", "/v1/rooms;a=b", "/v1/rooms%3f", "/V1/rooms", "/v1/rooms/", "/v1/rooms/%00",
    "/v1/rooms/..%2ftokens", "/healthz/../v1/rooms", "/healthz%2f..%2fv1%2frooms", "/ward/../v1/rooms",
    "/ward/%2e%2e/v1/rooms", "/ward/..%2fv1%2frooms", "/ward/static/..%2f..%2fapp.py", "/ward/static/%252e%252e/app.py",
    "/ward/static/%00", "/ward/static/..%5capp.py", "/ward/static//etc/passwd", "/ward/static/%2fetc%2fpasswd",
    "/ward/static/js/%2e%2e/%2e%2e/%2e%2e/app.py", "/ward/%c0%ae%c0%ae/app.py", "/v1/images/..%2f..%2fbedside.db",
    "/docs/..%2fbedside.db", "/docs/../v1/rooms", "/v1/patients/..%2frooms", "/v1/rooms?role=admin", "/v1/rooms#x",
)  # fmt: skip


@pytest.mark.parametrize("path", TRICKS)
def test_no_way_of_writing_a_path_opens_a_door(doors: Doors, path: str) -> None:
    """`%2f`, `..`, NUL and their like without a token show nothing and are no fault of the server."""
    told = doors.raw(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert statuses(told)[0] in (301, 302, 308, 400, 401, 404, 405, 422), told[:200]
    for shown in (b'"rooms"', b"def ", b"root:", b"SQLite", MARKED["name"].encode()):
        assert shown not in told


@pytest.mark.parametrize("room", ["../tokens", "301/../302", "%00", "a\nb", "a b", "é", ".", "..", "x" * 33, "a'--"])
def test_a_place_in_a_path_takes_rooms_and_nothing_else(doors: Doors, room: str) -> None:
    """What is no room is 404 or 422, for the admin too, and is not repeated."""
    for path in (f"/v1/rooms/{quote(room, safe='')}", f"/v1/patients/{quote(room, safe='')}/stays"):
        answer = doors.call("GET", path, ADMIN)
        assert answer.status_code in (404, 422), path
        assert len(room) < 3 or room not in answer.text


METHODS = ("PUT", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "CONNECT", "get", "POST\tx")


@pytest.mark.parametrize("method", METHODS)
def test_other_methods_do_nothing(doors: Doors, method: str) -> None:
    """A method that no route has is refused; TRACE repeats nothing."""
    told = doors.raw(
        method.encode() + b" /v1/rooms HTTP/1.1\r\nHost: x\r\nX-Secret: repeat-me\r\nConnection: close\r\n\r\n"
    )
    assert statuses(told)[0] in (200, 204, 400, 401, 404, 405)
    assert b"repeat-me" not in told
    assert b'"rooms"' not in told


def test_a_header_with_an_underscore_is_nobodys(doors: Doors) -> None:
    """`X_Forwarded_For` does not pass for the proxy's header, nor `Authorization` in another spelling."""
    answer = doors.call("GET", "/v1/rooms", headers={"authorization_": f"Bearer {ADMIN}"})
    assert answer.status_code == 401
