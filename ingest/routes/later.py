"""An answer that comes with a commit, without a thread that waits for it.

A route returns `Later` to Flask. As a WSGI iterable it offers `when_ready(tell)`, by which a server that knows this
protocol (`serving`) sends the answer once it is there; any other server iterates, which blocks until then.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response

from ingest.committer import Done
from ingest.errors import Problem
from ingest.idempotency import Answer
from ingest.openapi import JSON
from ingest.routes.common import refusal

_STATUS_LINES = {200: "200 OK", 201: "201 CREATED"}


class Later(Response):
    """The answer of a work that begins when the server asks for it, after everything that Flask does.

    `begin` starts the work and is given what to call with its answer or its problem, from any thread; what it raises
    as a `Problem` is the answer too. `note`, if set, is called with the status as soon as that is known.
    """

    def __init__(self, begin: Callable[[Done], None]) -> None:
        super().__init__(mimetype=JSON)
        self.note: Callable[[int], None] | None = None
        self._begin = begin
        self._answer: Answer | None = None
        self._problem: Problem | None = None

    def __call__(self, environ: Any, start_response: Any) -> "Later":  # type: ignore[override]
        """The iterable is this object itself: a request has one."""
        self._environ, self._start_response = environ, start_response
        return self

    def when_ready(self, tell: Callable[[], None]) -> None:
        """Begin; `tell` is called once, from any thread, when iterating does not block any more."""

        def done(answer: Answer | None, problem: Problem | None) -> None:
            self._answer, self._problem = answer, problem
            if self.note is not None:
                self.note(problem.status if answer is None else answer[0])  # type: ignore[union-attr]
            tell()

        try:
            self._begin(done)
        except Problem as problem:
            done(None, problem)

    def __iter__(self) -> Iterator[bytes]:
        if self._answer is None and self._problem is None:
            ready = threading.Event()
            self.when_ready(ready.set)
            ready.wait()
        if self._answer is None:
            assert self._problem is not None
            return iter(refusal(self._problem)(self._environ, self._start_response))
        status, body = self._answer
        self._start_response(_STATUS_LINES[status], [("Content-Type", JSON), ("Content-Length", str(len(body)))])
        return iter((body,))
