"""What was seen of patients by the API's own calls: written to the audit log before the answer is sent.

The same call for the same thing with the same token within the hour is one view. The page asks the API with its user's
token, so that these calls stand in the log too, beside the page's own entries, which say who looked and at what.
"""

import threading
import time

from ingest.audit import Audit, Entry
from ingest.errors import Unavailable
from ingest.tokens import Token

SAME_VIEW_S = 3600.0
MOST_VIEWS = 100_000


class Views:
    """Remembers which views were written down within the hour; safe to use from many threads."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._lock = threading.Lock()
        self._written: dict[tuple[str, str, str], float] = {}  # the oldest first

    def saw(self, by: Token, view: str, of: str = "", **more: str) -> None:
        """Write down that `by` is shown `view` of something; raises `Unavailable` where that cannot be kept."""
        key, now = (by.id, view, of), time.monotonic()
        with self._lock:
            if now - self._written.get(key, -SAME_VIEW_S) < SAME_VIEW_S:
                return
        record(self._audit, by, "view", view=view, **more)
        with self._lock:
            self._written.pop(key, None)
            while len(self._written) >= MOST_VIEWS:
                del self._written[next(iter(self._written))]
            self._written[key] = now


def entry(by: Token, what: str, **more: str) -> Entry:
    """A line of the audit log: whose token did what."""
    return {"who": by.name, "token": by.digest.hex()[:16], "what": what, **more}


def record(audit: Audit, by: Token, what: str, **more: str) -> None:
    """Write down what is done with a token; raises `Unavailable` where it cannot be kept, and then it is not done."""
    try:
        audit.add([entry(by, what, **more)])
    except OSError:
        raise Unavailable(
            "audit-full",
            "Who sees or changes what cannot be written down now, so it is not done. Try again shortly.",
            5,
        ) from None
