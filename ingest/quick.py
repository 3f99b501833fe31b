"""Which requests wait for nothing before they are handed to the committer: a server may run them without a thread."""

from typing import Any

_MOST_BYTES = 4096  # some readings: reading and checking them takes well below a millisecond


def is_quick(environ: dict[str, Any], body: bytes) -> bool:
    """Whether this WSGI request is a small post of readings without an image and without an Idempotency-Key.

    An image is synced to disk before the request is committed; a body with an escape might name it unseen.
    """
    return (
        len(body) <= _MOST_BYTES
        and environ["PATH_INFO"] == "/v1/readings"
        and b"flow_image" not in body
        and b"\\" not in body
        and "HTTP_IDEMPOTENCY_KEY" not in environ
        and "HTTP_CONTENT_ENCODING" not in environ
    )
