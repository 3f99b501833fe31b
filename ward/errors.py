"""What can go wrong, as one tree; each says what to do next, and none repeats a value that was sent.

Problem                  an answer to the page: a problem document (RFC 9457)
├── Malformed      400   the request cannot be read
├── LoggedOut      401   no session, or one that has ended
├── Forbidden      403   the token's role does not allow this, or the request came from another site
├── NotFound       404   no such dashboard, panel, variable or alert
├── NotAllowed     422   a value that cannot be used
├── QueryFailed    502   InfluxDB refused the question; its words are in `detail`
├── TooLarge       502   the answer is larger than a panel can show
└── Away           503   InfluxDB or the ingest API does not answer; carries Retry-After
"""

from typing import Any, ClassVar


class Problem(Exception):  # noqa: N818 - the name that RFC 9457 gives it
    """An answer that says no: `slug` is the problem's type, `detail` a sentence for the person at the page."""

    status: ClassVar[int] = 500

    def __init__(self, slug: str, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(slug)
        self.slug = slug
        self.detail = detail
        self.retry_after_s = retry_after_s

    def document(self) -> dict[str, Any]:
        """The problem document as JSON values."""
        title = self.slug.replace("-", " ").capitalize()
        return {"type": self.slug, "title": title, "status": self.status, "detail": self.detail}


class Malformed(Problem):
    """400: the request cannot be read."""

    status = 400


class LoggedOut(Problem):
    """401: nobody is logged in on this page, or the session has ended."""

    status = 401

    def __init__(self, detail: str = "The session has ended. Log in again.") -> None:
        super().__init__("logged-out", detail)


class Forbidden(Problem):
    """403: not for this role, or not from this page."""

    status = 403


class NotFound(Problem):
    """404: there is no such thing here."""

    status = 404


class NotAllowed(Problem):
    """422: a value that cannot be used."""

    status = 422


class QueryFailed(Problem):
    """502: InfluxDB refused the question."""

    status = 502


class TooLarge(Problem):
    """502: the answer is larger than a panel can show."""

    status = 502


class Away(Problem):
    """503: a server that is needed does not answer; the page tries again by itself."""

    status = 503

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(slug, detail, retry_after_s=2)
