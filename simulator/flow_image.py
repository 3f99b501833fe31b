"""The picture of a minute's airflow that some devices send along: a small grey PNG, made by hand from the standard."""

import base64
import math
import struct
import zlib

WIDTH, HEIGHT = 120, 32


def flow_image(breath_rate: float, pauses: list[tuple[float, float]]) -> str:
    """A minute of flow at `breath_rate` per minute with pauses at (from, to) seconds of it, as base64 of a PNG.

    The same input makes the same bytes: the pixels are stored uncompressed (PNG, ISO/IEC 15948; zlib, RFC 1950).
    """
    rows = [bytearray(b"\xff" * WIDTH) for _ in range(HEIGHT)]
    for column in range(WIDTH):
        second = column * 60 / WIDTH
        paused = any(start <= second < end for start, end in pauses)
        flow = 0.0 if paused else math.sin(2 * math.pi * breath_rate * second / 60)
        rows[round((HEIGHT - 1) * (0.5 - 0.45 * flow))][column] = 0
    pixels = b"".join(b"\x00" + bytes(row) for row in rows)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(pixels, 0)), _chunk(b"IEND", b"")]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG: length, kind, data, checksum of the latter two."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
