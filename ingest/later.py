"""An answer that comes with a commit, without a thread that waits for it.

It is a WSGI iterable with `when_ready(tell)`, by which a server that knows this protocol (`serving`) sends the answer
once it is there. Any other server iterates it, which blocks until then.
"""

import threading
from collections.abc import Callable, Iterator

from ingest.committer import Done
from ingest.errors import Problem
from ingest.idempotency import Answer

Begin = Callable[[Done], None]
Send = Callable[[], list[bytes]]
Finish = Callable[[Answer | Problem], Send]


class Later:
    """The answer of a work that begins when the server asks for it.

    `begin` starts the work and is given what to call, once and from any thread, with its answer or its problem.
    `finish` gets that outcome in the thread that made it known; what it returns calls `start_response` and gives the
    body, in the thread that iterates.
    """

    __slots__ = ("_begin", "_finish", "_send")

    def __init__(self, begin: Begin, finish: Finish) -> None:
        self._begin = begin
        self._finish = finish
        self._send: Send | None = None

    def when_ready(self, tell: Callable[[], None]) -> None:
        """Begin; `tell` is called once, from any thread, when iterating does not block any more."""

        def done(answer: Answer | None, problem: Problem | None) -> None:
            outcome = answer if problem is None else problem
            assert outcome is not None
            self._send = self._finish(outcome)
            tell()

        self._begin(done)

    def __iter__(self) -> Iterator[bytes]:
        if self._send is None:
            ready = threading.Event()
            self.when_ready(ready.set)
            ready.wait()
            assert self._send is not None
        return iter(self._send())
