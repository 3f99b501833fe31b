"""What can go wrong, as one tree; every leaf says what to do next and none repeats what was sent.

IngestError
├── Problem                 an answer to the client: an RFC 9457 problem document
│   ├── Malformed           400  the body cannot be read
│   ├── Unauthenticated     401  no token, or one that is not good
│   ├── Forbidden           403  the token's role or rooms do not allow this
│   ├── NotFound            404
│   ├── MethodNotAllowed    405
│   ├── Conflict            409
│   ├── TooLarge            413
│   ├── WrongMediaType      415
│   ├── NotAllowed          422  it was read, and says something that is not allowed
│   ├── Failed              500  a fault of ours
│   └── Unavailable         503  cannot be kept now; carries Retry-After
├── DataFolderError         the data folder cannot be used: one sentence for whoever starts the server
└── SettingsError           a setting cannot be used: a sentence for each that names it and says what it may be
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar

RETRY_AFTER_S = 1


class IngestError(Exception):
    """Anything that this package raises on purpose."""


class DataFolderError(IngestError):
    """The data folder cannot be used; the message says which and what to do."""


class SettingsError(IngestError):
    """A setting cannot be used; the message names it and says what it may be, and never repeats its value."""


class Problem(IngestError):  # noqa: N818 - the name that RFC 9457 gives it
    """An answer that says no. `slug` becomes the document's `type`, `errors` its list of fields with a message each."""

    status: ClassVar[int] = 500

    def __init__(
        self,
        slug: str,
        detail: str,
        errors: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """The problem document (RFC 9457) as JSON values."""
        return {
            "type": self.slug,
            "title": self.slug.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "errors": [{"field": field, "message": message} for field, message in self.errors],
        }


class Malformed(Problem):
    """400: the request cannot be read."""

    status = HTTPStatus.BAD_REQUEST.value


class Unauthenticated(Problem):
    """401: no token, or one that is unknown, expired or revoked."""

    status = HTTPStatus.UNAUTHORIZED.value

    def __init__(self, detail: str) -> None:
        super().__init__("unauthenticated", detail, headers={"WWW-Authenticate": 'Bearer realm="bedside"'})


class Forbidden(Problem):
    """403: the token's role or its rooms do not allow this."""

    status = HTTPStatus.FORBIDDEN.value


class NotFound(Problem):
    """404: there is no such thing here."""

    status = HTTPStatus.NOT_FOUND.value


class MethodNotAllowed(Problem):
    """405: this address does not take that method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED.value


class Conflict(Problem):
    """409: it contradicts what is known already; nothing was stored."""

    status = HTTPStatus.CONFLICT.value


class TooLarge(Problem):
    """413: longer than a request may be."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value


class WrongMediaType(Problem):
    """415: the body is of a kind that this call does not take."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE.value


class NotAllowed(Problem):
    """422: it could be read, and says something that is not allowed."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY.value


class Failed(Problem):
    """500: a fault of ours; the log has it."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR.value

    def __init__(self) -> None:
        super().__init__("internal-error", "A fault of the server. Nothing was stored; the server's log says more.")


class Unavailable(Problem):
    """503: it cannot be kept now; send it again after `Retry-After` seconds."""

    status = HTTPStatus.SERVICE_UNAVAILABLE.value

    def __init__(self, slug: str, detail: str, retry_after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(slug, detail, headers={"Retry-After": str(retry_after_s)})
