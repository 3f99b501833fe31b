"""Keeps an answer in pieces from running ahead of its client: a piece is made when most of what came before was taken.

granian takes every piece at once and holds what its client has not read, without a bound. How much a client has taken
tells the system, of the connection's own socket (TCP_INFO); where it does not, as on macOS, there is no pace.
"""

import asyncio
import logging
import os
import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger("serving")
LOOK_EVERY_S = 0.01
ACKNOWLEDGED = struct.Struct("=120xQ")
"""Bytes that the peer has acknowledged on a connection, in Linux's `struct tcp_info` (since 4.1)."""


class Pace:
    """The pace of one answer. To be closed."""

    def __init__(self, client: str, ahead_bytes: int, stalled_s: float) -> None:
        """Find the connection of a client, named `address:port`; may take milliseconds where there are thousands."""
        self._connection = _connection_of(client)
        self._ahead_bytes, self._stalled_s = ahead_bytes, stalled_s
        self._unread = -self._acknowledged()  # bytes, but for those of heads and chunks, which are few

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()

    async def keep(self, size: int, left: threading.Event) -> bool:
        """Wait after a piece of that size until no more than `ahead_bytes` are unread, or the client has left.

        False where the client took nothing for `stalled_s`: the connection is closed then, so that the part that it
        has does not pass for the whole.
        """
        self._unread += size
        known, since_s = self._acknowledged(), time.monotonic()
        while self._connection is not None and self._unread - known > self._ahead_bytes and not left.is_set():
            await asyncio.sleep(LOOK_EVERY_S)
            taken = self._acknowledged()
            if taken > known:
                known, since_s = taken, time.monotonic()
            elif time.monotonic() - since_s > self._stalled_s:
                logger.info("an answer broke off: its client has taken nothing for %d s", self._stalled_s)
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)
                return False
        return True

    def _acknowledged(self) -> int:
        """Bytes that the client's system has taken since the connection began; else no pace is kept."""
        if self._connection is None:
            return 0
        with suppress(OSError, struct.error):
            told = self._connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, ACKNOWLEDGED.size)
            return ACKNOWLEDGED.unpack(told)[0]
        self._connection.close()
        self._connection = None
        return 0


def _connection_of(client: str) -> socket.socket | None:
    """This process's socket of the connection from there, as a descriptor of our own; None where it is not found."""
    with suppress(OSError):
        for place in Path("/proc/self/fd").iterdir() if hasattr(socket, "TCP_INFO") else ():
            with suppress(OSError):
                if place.is_socket() and (found := _if_from(client, int(place.name))) is not None:
                    return found
    return None


def _if_from(client: str, descriptor: int) -> socket.socket | None:
    """That socket, if it is of a connection from there."""
    found = socket.socket(fileno=os.dup(descriptor))  # not by its `dup`, which would let granian's own block
    with suppress(OSError):
        if found.family in (socket.AF_INET, socket.AF_INET6):
            host, port = found.getpeername()[:2]
            if client == (f"[{host}]:{port}" if ":" in host else f"{host}:{port}"):
                return found
    found.close()
    return None
