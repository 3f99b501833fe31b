"""What must be refused gets the right 4xx, which names the field or limit and repeats no value, and leaves nothing."""

import base64
import gzip
import json
from typing import Any

import pytest

GOOD = {"room": 301, "mrn": 5301, "time": "2026-01-10T22:00:00Z", "spo2": 95.0}
SECRET = "Zaphod-Beeblebrox"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()


def with_(**changes: Any) -> bytes:
    """The good reading with these changes."""
    return json.dumps({**GOOD, **changes}).encode()


def without(field: str) -> bytes:
    """The good reading without that field."""
    return json.dumps({key: value for key, value in GOOD.items() if key != field}).encode()


def raw(text: str) -> bytes:
    """The good reading with more text before its end."""
    return json.dumps(GOOD)[:-1].encode() + b", " + text.encode() + b"}"


# what it is → (body, status, what the answer names)
BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "malformed-json"),
    "white space": (b"  \n ", 400, "malformed-json"),
    "no JSON": (b"room=101&mrn=5001", 400, "malformed-json"),
    "cut off": (with_()[:-5], 400, "malformed-json"),
    "something after it": (with_() + b"x", 400, "malformed-json"),
    "two objects": (with_() + with_(), 400, "malformed-json"),
    "single quotes": (b"{'room': 301}", 400, "malformed-json"),
    "a trailing comma": (with_()[:-1] + b",}", 400, "malformed-json"),
    "a comment": (with_()[:-1] + b"/* x */}", 400, "malformed-json"),
    "Latin-1": (raw('"name": "Zo').rstrip(b"}") + b'\xeb"}', 400, "malformed-json"),
    "UTF-16": (with_().decode().encode("utf-16"), 400, "malformed-json"),
    "a byte order mark": (b"\xef\xbb\xbf" + with_(), 400, "malformed-json"),
    "a lone surrogate": (raw('"name": "\\ud800"'), 400, "malformed-json"),
    "a null byte": (with_() + b"\0", 400, "malformed-json"),
    "10,000 levels": (b"[" * 10_000 + b"]" * 10_000, 400, "malformed-json"),
    "10,000 levels in a field": (raw('"name": ' + '{"a":' * 10_000 + "1" + "}" * 10_000), 4, ""),
    "a text": (b'"reading"', 422, "body"),
    "a number": (b"5", 422, "body"),
    "null": (b"null", 422, "body"),
    "an empty object": (b"{}", 422, "room"),
    "no room": (without("room"), 422, "room"),
    "no mrn": (without("mrn"), 422, "mrn"),
    "no measurement": (without("spo2"), 422, "measurement"),
    "an unknown field": (with_(heart_rate=60), 422, "heart_rate"),
    "a field in capitals": (with_(SPO2=60), 422, "unknown field"),
    "an unknown field that may be a name": (with_(**{SECRET: 1}), 422, "unknown field"),
    "a repeated key": (raw('"spo2": 95.0'), 422, "spo2"),
    "a repeated key, another value": (raw('"room": 302'), 422, "room"),
    "a repeated key with white space": (raw('"mrn" : 5301'), 422, "mrn"),
    "a repeated key in escapes": (raw('"\\u0073po2": 95.0'), 422, "spo2"),
    "room null": (with_(room=None), 422, "room"),
    "room true": (with_(room=True), 422, "room"),
    "room -1": (with_(room=-1), 422, "room"),
    "room 1.0": (with_(room=1.0), 422, "room"),
    "room of 33 digits": (raw("").replace(b", }", b"}").replace(b"301", b"9" * 33), 422, "room"),
    "room of 5,000 digits": (with_().replace(b"301", b"9" * 5000, 1), 4, ""),
    "room empty": (with_(room=""), 422, "room"),
    "room too long": (with_(room="a" * 33), 422, "room"),
    "room with a blank": (with_(room="10 1"), 422, "room"),
    "room with a slash": (with_(room="a/b"), 422, "room"),
    "room with a comma": (with_(room="a,b"), 422, "room"),
    "room with a newline at its end": (with_(room="a\n"), 422, "room"),
    "room in other digits": (with_(room="١٢"), 422, "room"),
    "room a list": (with_(room=[1]), 422, "room"),
    "mrn an object": (with_(mrn={"a": 1}), 422, "mrn"),
    "mrn with an underscore": (with_(mrn=SECRET + "_"), 422, "mrn"),
    "mrn 1e3": (with_().replace(b"5301", b"1e3"), 422, "mrn"),
    "time null": (with_(time=None), 422, "time"),
    "time a number": (with_(time=1768082400), 422, "time"),
    "time empty": (with_(time=""), 422, "time"),
    "time without an offset": (with_(time="2026-01-10T22:00:00"), 422, "time"),
    "time with a blank": (with_(time="2026-01-10 22:00:00Z"), 422, "time"),
    "time a date": (with_(time="2026-01-10"), 422, "time"),
    "time a week date": (with_(time="2026-W02-6T22:00:00Z"), 422, "time"),
    "time basic": (with_(time="20260110T220000Z"), 422, "time"),
    "time month 13": (with_(time="2026-13-10T22:00:00Z"), 422, "time"),
    "time February 30": (with_(time="2026-02-30T22:00:00Z"), 422, "time"),
    "time hour 24": (with_(time="2026-01-10T24:00:00Z"), 422, "time"),
    "time minute 60": (with_(time="2026-01-10T22:60:00Z"), 422, "time"),
    "time second 60": (with_(time="2026-01-10T22:00:60Z"), 422, "time"),
    "time offset of hours alone": (with_(time="2026-01-10T22:00:00+01"), 422, "time"),
    "time offset 25": (with_(time="2026-01-10T22:00:00+25:00"), 422, "time"),
    "time of ten decimals": (with_(time="2026-01-10T22:00:00.1234567891Z"), 422, "time"),
    "time in other digits": (with_(time="２026-01-10T22:00:00Z"), 422, "time"),
    "time with white space": (with_(time=" 2026-01-10T22:00:00Z"), 422, "time"),
    "time in words": (with_(time="now"), 422, "time"),
    "time year 0": (with_(time="0000-01-10T22:00:00Z"), 422, "time"),
    "time ahead": (with_(time="2126-01-10T22:00:00Z"), 422, "time-in-future"),
    "time before InfluxDB's first": (with_(time="1600-01-10T22:00:00Z"), 422, "too-old"),
    "pressure above": (with_(cpap_pressure=60.1), 422, "cpap_pressure"),
    "pressure below": (with_(cpap_pressure=-0.1), 422, "cpap_pressure"),
    "pressure a text": (with_(cpap_pressure="9.5"), 422, "cpap_pressure"),
    "pressure true": (with_(cpap_pressure=True), 422, "cpap_pressure"),
    "pressure null": (with_(cpap_pressure=None), 422, "cpap_pressure"),
    "pressure NaN": (with_(cpap_pressure=float("nan")), 422, "cpap_pressure"),
    "pressure Infinity": (with_(cpap_pressure=float("inf")), 422, "cpap_pressure"),
    "pressure 1e999": (raw('"cpap_pressure": 1e999'), 422, "cpap_pressure"),
    "pressure of 400 digits": (raw('"cpap_pressure": 1' + "0" * 400), 422, "cpap_pressure"),
    "breath rate above": (with_(breath_rate=150.01), 422, "breath_rate"),
    "breath rate below": (with_(breath_rate=-1), 422, "breath_rate"),
    "apneas above": (with_(apnea_count=1001), 422, "apnea_count"),
    "apneas below": (with_(apnea_count=-1), 422, "apnea_count"),
    "apneas a fraction": (with_(apnea_count=1.5), 422, "apnea_count"),
    "apneas 1.0": (with_(apnea_count=1.0), 422, "apnea_count"),
    "apneas true": (with_(apnea_count=True), 422, "apnea_count"),
    "leak above": (with_(leak_rate=301), 422, "leak_rate"),
    "spo2 above": (with_(spo2=100.5), 422, "spo2"),
    "spo2 a list": (with_(spo2=[95]), 422, "spo2"),
    "mask 1": (with_(mask_on=1), 422, "mask_on"),
    "mask a text": (with_(mask_on="true"), 422, "mask_on"),
    "image no base64": (with_(flow_image="§§§"), 422, "flow_image"),
    "image with line breaks": (with_(flow_image=PNG[:8] + "\n" + PNG[8:]), 422, "flow_image"),
    "image of another kind": (with_(flow_image=base64.b64encode(b"GIF89a....").decode()), 422, "flow_image"),
    "image empty": (with_(flow_image=""), 422, "flow_image"),
    "image a data URL": (with_(flow_image="data:image/png;base64," + PNG), 422, "flow_image"),
    "name empty": (with_(name=""), 422, "name"),
    "name blank": (with_(name="   "), 422, "name"),
    "name too long": (with_(name=SECRET * 20), 422, "name"),
    "name with a bell": (with_(name=SECRET + "\x07"), 422, "name"),
    "name a number": (with_(name=5), 422, "name"),
    "device with a blank": (with_(device="my device"), 422, "device"),
    "device too long": (with_(device="d" * 65), 422, "device"),
    "sent_at in words": (with_(sent_at="just now"), 422, "sent_at"),
    "thousands of fields": (raw(",".join(f'"k{n}": 1' for n in range(50_000))), 422, "too many fields"),
    "an empty array": (b"[]", 400, "empty-batch"),
    "a broken array": (b"[" + with_() + b",", 400, "malformed-json"),
    "11,001 items": (b"[" + b",".join([b'{"room":1}'] * 11_001) + b"]", 413, "10000"),
    "11,001 items of nothing": (b"[" + b",".join([b"0"] * 11_001) + b"]", 413, "10000"),
}


@pytest.mark.parametrize("what", BODIES)
def test_body_is_refused(shared_ward: Any, what: str) -> None:
    """Each body gets its 4xx and a problem document that names what is wrong and no value; nothing is stored."""
    body, status, named = BODIES[what]
    answer = shared_ward.read(body)
    assert answer.status_code == status or (status == 4 and answer.status_code in (400, 422)), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert named in answer.text
    assert SECRET not in answer.text
    assert_nothing_stored(shared_ward)


def assert_nothing_stored(ward: Any) -> None:
    """No room, no patient, no receipt, no line, no image."""
    with ward.service.readers.connect() as connection:
        for table in ("rooms", "patients", "receipts", "stays", "outbox", "idempotency"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0, table
    assert not [path for path in ward.settings.images.rglob("*") if path.is_file()]


# what it is → (how it is sent, status, what the answer names)
REQUESTS: dict[str, tuple[dict[str, Any], int, str]] = {
    "no token": ({"role": None}, 401, "unauthenticated"),
    "an unknown token": ({"headers": {"Authorization": "Bearer " + SECRET}}, 401, "not known"),
    "another scheme": ({"headers": {"Authorization": "Basic YWRhOnBhcms="}}, 401, "Bearer"),
    "an empty token": ({"headers": {"Authorization": "Bearer "}}, 401, "Bearer"),
    "a clinician": ({"role": "clinician"}, 403, "monitor"),
    "an analyst": ({"role": "analyst"}, 403, "monitor"),
    "no media type": ({"headers": {"Content-Type": ""}}, 415, "application/json"),
    "a form": ({"headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 415, "application/json"),
    "text": ({"headers": {"Content-Type": "text/plain"}}, 415, "application/json"),
    "JSON in Latin-1": ({"headers": {"Content-Type": "application/json; charset=latin-1"}}, 415, "UTF-8"),
    "brotli": ({"headers": {"Content-Encoding": "br"}}, 415, "gzip"),
    "gzip that is none": ({"headers": {"Content-Encoding": "gzip"}}, 400, "gzip"),
    "an Idempotency-Key of 300": ({"headers": {"Idempotency-Key": "k" * 300}}, 400, "Idempotency-Key"),
    "an Idempotency-Key with a blank": ({"headers": {"Idempotency-Key": "a b"}}, 400, "Idempotency-Key"),
    "Bedside-Sent-At in words": ({"headers": {"Bedside-Sent-At": "now"}}, 400, "Bedside-Sent-At"),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_request_is_refused(shared_ward: Any, what: str) -> None:
    """Each way of sending a good body wrongly gets its 4xx, and nothing is stored."""
    how, status, named = REQUESTS[what]
    answer = shared_ward.read(with_(), **how)
    assert answer.status_code == status, answer.text
    assert named in answer.text
    assert SECRET not in answer.text
    assert_nothing_stored(shared_ward)


def test_gzip_that_grows_beyond_the_limit_is_refused(shared_ward: Any) -> None:
    """A gzip bomb is 413, and costs no more memory than the limit."""
    answer = shared_ward.read(gzip.compress(b" " * (40 * 2**20)), headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    assert "32 MiB" in answer.text
    assert_nothing_stored(shared_ward)


def test_cut_gzip_is_refused(shared_ward: Any) -> None:
    """A gzip body that is cut off, and one that something follows, are 400."""
    for body in (gzip.compress(with_())[:-4], gzip.compress(with_()) + b"more"):
        assert shared_ward.read(body, headers={"Content-Encoding": "gzip"}).status_code == 400
    assert_nothing_stored(shared_ward)


def test_body_over_32_mib_is_refused(shared_ward: Any) -> None:
    """One byte over the limit is 413."""
    answer = shared_ward.read(b" " * (32 * 2**20 + 1))
    assert answer.status_code == 413
    assert "32 MiB" in answer.text
    assert_nothing_stored(shared_ward)


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/v1/rooms/1/admit", b"{}", "mrn"),
        ("/v1/rooms/1/admit", b'{"mrn": 1, "mrn": 1}', "mrn"),
        ("/v1/rooms/1/admit", b'{"mrn": 1, "nmae": "x"}', "nmae"),
        ("/v1/rooms/1/admit", b'{"mrn": 1, "time": "2126-01-01T00:00:00Z"}', "time-in-future"),
        ("/v1/rooms/1/transfer", b'{"mrn": 1}', "to"),
        ("/v1/rooms/a_b/admit", b'{"mrn": 1}', "room"),
        ("/v1/tokens", b'{"role": "king", "name": "x"}', "role"),
        ("/v1/tokens", b'{"role": "clinician", "name": "x", "rooms": [1]}', "rooms"),
        ("/v1/tokens", b'{"role": "monitor", "name": "x", "rooms": []}', "rooms"),
        ("/v1/tokens", b'{"role": "monitor", "name": "x", "expires_at": "2020-01-01T00:00:00Z"}', "expires_at"),
        ("/v1/tokens", b'{"role": "monitor", "name": "x", "expires_at": "9999-12-31T23:59:59-23:59"}', "expires_at"),
    ],
)
def test_other_calls_are_as_strict(shared_ward: Any, path: str, body: bytes, named: str) -> None:
    """The calls of clinicians and admins refuse what they do not take, and name the field."""
    answer = shared_ward.call("POST", path, body, role="admin")
    assert answer.status_code == 422, answer.text
    assert named in answer.text
    assert_nothing_stored(shared_ward)


@pytest.mark.parametrize("digits", ["9" * 5000, "-" + "9" * 5000])
@pytest.mark.parametrize("field", ["room", "apnea_count", "spo2", "mask_on"])
def test_a_number_of_very_many_digits_spoils_its_own_item_alone(shared_ward: Any, field: str, digits: str) -> None:
    """It is JSON all the same: the reading beside it in the batch is kept."""
    bad = json.dumps({"room": 302, "mrn": 5302, "spo2": 95.0, field: "HERE"}).replace('"HERE"', digits)
    time = f"2026-01-11T22:00:{len(field):02d}.{len(digits) % 2}Z"
    good = json.dumps({"room": 302, "mrn": 5302, "time": time, "spo2": 95.0})
    answer = shared_ward.read(f"[{bad}, {good}]")
    assert answer.status_code == 200, answer.text
    assert [one["status"] for one in answer.json()["results"]] == ["rejected", "accepted"]
    assert answer.json()["results"][0]["problem"]["errors"][0]["field"] == field


def test_a_token_that_never_expires_is_listed(shared_ward: Any) -> None:
    """The last instant that UTC can write, and none later: the list of tokens has it."""
    body = {"role": "monitor", "name": "for-ever", "expires_at": "9999-12-31T23:59:59.999Z"}
    assert shared_ward.call("POST", "/v1/tokens", body, role="admin").status_code == 201
    answer = shared_ward.call("GET", "/v1/tokens", role="admin")
    assert answer.status_code == 200, answer.text
    assert body["expires_at"] in [one["expires_at"] for one in answer.json()["tokens"]]
