"""500 connections that send a byte a second: some their headers, some a body."""

import contextlib
import socket
import threading

from tests.chaos.fault import Fault, Scene

CONNECTIONS = 500
HEAD = b"POST /v1/readings HTTP/1.1\r\nHost: bedside\r\nContent-Type: application/json\r\n"


class SlowSenders(Fault):
    """They are cut off when their time is over, and come again; the ward does not notice."""

    summary = "500 connections that send a byte a second to ingest"

    def strike(self, scene: Scene) -> None:
        """For a while; readings are taken and `/readyz` says 200 meanwhile."""
        over = threading.Event()
        crowd = threading.Thread(target=crawl, args=(scene.pipeline.port, over), name="slow senders")
        crowd.start()
        try:
            scene.undisturbed(CONNECTIONS)
        finally:
            over.set()
            crowd.join()
        scene.recover_from_now()


def crawl(port: int, over: threading.Event) -> None:
    """Keep the connections open until it is over, each a byte further every second."""
    there: dict[int, tuple[socket.socket, bytes]] = {}
    while not over.is_set():
        for number in range(CONNECTIONS):
            if number not in there:
                with contextlib.suppress(OSError):
                    there[number] = (socket.create_connection(("127.0.0.1", port), 5), b"")
                    if number % 2:
                        there[number][0].sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
                continue
            connection, sent = there.pop(number)
            piece = b"{" if number % 2 else HEAD[len(sent) % len(HEAD) :][:1]
            try:
                connection.send(piece)
                there[number] = (connection, sent + piece)
            except OSError:
                connection.close()
        over.wait(1.0)
    for connection, _ in there.values():
        connection.close()
