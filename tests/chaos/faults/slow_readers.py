"""Clients that ask for much and read a byte a second of it, at ingest and at influxlite."""

import contextlib
import socket
import threading

from tests.chaos.fault import Fault, Scene
from tests.chaos.pipeline import BUCKET, ORG, TOKEN

CONNECTIONS = 100


class SlowReaders(Fault):
    """What is made for them waits with them; the ward does not notice."""

    summary = "100 connections that read a byte a second of large answers of ingest and influxlite"

    def strike(self, scene: Scene) -> None:
        """For a while; readings are taken and `/readyz` says 200 meanwhile."""
        over = threading.Event()
        documents = b"GET /openapi.json HTTP/1.1\r\nHost: bedside\r\n\r\n" * 8
        flux = f'from(bucket: "{BUCKET}") |> range(start: -90d)'.encode()
        question = (
            f"POST /api/v2/query?org={ORG} HTTP/1.1\r\nHost: influx\r\nAuthorization: Token {TOKEN}\r\n"
            f"Content-Type: application/vnd.flux\r\nContent-Length: {len(flux)}\r\n\r\n"
        ).encode() + flux
        crowds = [
            threading.Thread(target=sip, args=(scene.pipeline.port, documents, CONNECTIONS - 5, over)),
            threading.Thread(target=sip, args=(scene.pipeline.influx_port, question, 5, over)),
        ]
        for crowd in crowds:
            crowd.start()
        try:
            scene.undisturbed(CONNECTIONS)
        finally:
            over.set()
            for crowd in crowds:
                crowd.join()
        scene.recover_from_now()


def sip(port: int, asked: bytes, connections: int, over: threading.Event) -> None:
    """Ask on so many connections, and read a byte of each a second until it is over."""
    there = []
    for _ in range(connections):
        with contextlib.suppress(OSError):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(5)
            connection.connect(("127.0.0.1", port))
            connection.sendall(asked)
            connection.setblocking(False)
            there.append(connection)
    while not over.wait(1.0):
        for connection in there:
            with contextlib.suppress(OSError):
                connection.recv(1)
    for connection in there:
        connection.close()
