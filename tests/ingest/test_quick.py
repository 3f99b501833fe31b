"""Which requests run without a thread: those that wait for nothing before the committer has them."""

import pytest

from ingest import is_quick

READING = b'{"room": 1, "mrn": 2, "spo2": 95}'
POST = {"PATH_INFO": "/v1/readings", "REQUEST_METHOD": "POST"}

SLOW = {
    "another call": ({"PATH_INFO": "/add_patient"}, READING),
    "an Idempotency-Key": (POST | {"HTTP_IDEMPOTENCY_KEY": "k"}, READING),
    "compressed": (POST | {"HTTP_CONTENT_ENCODING": "gzip"}, READING),
    "an image": (POST, b'{"room": 1, "mrn": 2, "flow_image": "iVBORw0KGgo="}'),
    "an image by another spelling": (POST, rb'{"room": 1, "mrn": 2, "\u0066low_image": "iVBORw0KGgo="}'),
    "a long batch": (POST, b"\n".join([READING] * 1000)),
}


def test_a_plain_reading_is_quick() -> None:
    """One reading, and a few, are checked in less time than handing them to a thread takes."""
    assert is_quick(POST, READING)
    assert is_quick(POST, b"\n".join([READING] * 10))


@pytest.mark.parametrize("what", SLOW)
def test_what_may_wait_is_not_quick(what: str) -> None:
    """What syncs an image, waits for its key or takes long to read never runs on the event loop's thread."""
    assert not is_quick(*SLOW[what])
