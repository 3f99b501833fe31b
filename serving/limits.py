"""What a client may ask of the server before the app sees anything of it, and how it is told no."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request was turned away at the door: an HTTP status and one sentence that names the limit."""

    status: int
    detail: str
    retry_after_s: int | None = None


def plain(refusal: Refusal) -> tuple[str, bytes]:
    """The refusal as plain text: media type and body."""
    return "text/plain; charset=utf-8", (refusal.detail + "\n").encode()


def carries_a_token(scope: Any) -> bool:
    """Whether the request tried to authenticate: one without a token is no guess."""
    return scope.headers.get("authorization") is not None


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server; each has a default that a laptop stands.

    body_bytes: the longest body, as sent (413).
    body_deadline_s: how long a body may take from its first byte to its last (408).
    held_bytes: the bodies of all requests together, as announced or as received (503). Those longer than `small_bytes`
        may hold half of it: who announces large bodies, and needs no token for that, keeps no small one out.
    threads: how many requests the app works on at once; `waiting` more wait their turn, then 503.
    header_deadline_s: how long a client may take to send its request line and headers.
    header_bytes: how long these may be together (431). Every connection may hold as much, and needs no token for it.
    ahead_bytes: how much of an answer in pieces is made before its client has taken it; on Linux, which tells of that.
    stalled_s: how long a client may take nothing of such an answer before the connection is closed.
    connections: how many connections are served at once; more wait in the listen queue.
    grace_s: how long requests that had begun are given to finish after a stop is asked for.
    refused_per_minute: how many refused tokens (the app's 401) of one address are answered in the app's words; what is
        refused beyond them within a minute is told 429 and how long to wait. Good tokens are let in all the while.
        More than the monitors behind one gateway: each of them is to hear that its token is revoked.
    guesses: which requests count, when they are refused.
    behind_proxy: a proxy that speaks TLS is in front: others than this machine may connect, and the address that the
        proxy adds to X-Forwarded-For is the client's. Else that header is anybody's word, and goes unheard.
    render: how a refusal looks in this app's own error format: media type and body.
    """

    body_bytes: int = 32 * 2**20
    body_deadline_s: float = 30.0
    held_bytes: int = 512 * 2**20
    small_bytes: int = 64 * 2**10
    threads: int = 32
    waiting: int = 1024
    header_deadline_s: float = 10.0
    header_bytes: int = 128 * 2**10
    ahead_bytes: int = 8 * 2**20
    stalled_s: float = 120.0
    connections: int = 4096
    grace_s: float = 10.0
    refused_per_minute: int = 100
    guesses: Callable[[Any], bool] = carries_a_token
    behind_proxy: bool = False
    render: Callable[[Refusal], tuple[str, bytes]] = plain

    def address(self, scope: Any) -> str:
        """The client's address: the peer's, or behind a proxy the one that the proxy names."""
        if self.behind_proxy and (named := scope.headers.get_all("x-forwarded-for")):
            return named[-1].rpartition(",")[2].strip()[:64]
        return scope.client.rpartition(":")[0]
