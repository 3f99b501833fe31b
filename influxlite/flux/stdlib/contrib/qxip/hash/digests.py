"""hash.md5, sha1, sha256, hmac, b64, xxhash64: digests and encodings of texts."""

from __future__ import annotations

import base64
import hashlib
import hmac as hmac_module
from collections.abc import Callable
from typing import Any

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import Builtin, function
from influxlite.flux.values import is_null, type_name

MASK = (1 << 64) - 1
PRIMES = (11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579, 2870177450012600261)


def _digest(name: str, doc: str, digest: Callable[[bytes], str]) -> Builtin:
    def call(v: Any) -> str | None:
        if is_null(v):
            return None
        if not isinstance(v, str):
            called = "sha256" if name == "xxhash64" else name  # as InfluxDB's error has it
            raise invalid(f"hash cannot convert {type_name(v)} to {called}")
        return digest(v.encode())

    call.__doc__ = f"""{doc}

    import "contrib/qxip/hash"
    array.from(rows: [{{v: hash.{name}(v: "101")}}])
    """
    return function("(v: A) => string", name)(call)


def _xxhash64(data: bytes) -> int:
    """XXH64 with seed 0 (Yann Collet)."""
    p1, p2, p3, p4, p5 = PRIMES
    n, at = len(data), 0
    if n >= 32:
        lanes = [(p1 + p2) & MASK, p2, 0, -p1 & MASK]
        while at + 32 <= n:
            words = [int.from_bytes(data[at + 8 * i : at + 8 * i + 8], "little") for i in range(4)]
            lanes = [_round(lane, word) for lane, word in zip(lanes, words, strict=True)]
            at += 32
        found = sum(_turn(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) & MASK
        for lane in lanes:
            found = ((found ^ _round(0, lane)) * p1 + p4) & MASK
    else:
        found = p5
    found = (found + n) & MASK
    while at + 8 <= n:
        found ^= _round(0, int.from_bytes(data[at : at + 8], "little"))
        found = (_turn(found, 27) * p1 + p4) & MASK
        at += 8
    if at + 4 <= n:
        found ^= int.from_bytes(data[at : at + 4], "little") * p1 & MASK
        found = (_turn(found, 23) * p2 + p3) & MASK
        at += 4
    for byte in data[at:]:
        found = _turn(found ^ byte * p5 & MASK, 11) * p1 & MASK
    for shift, prime in ((33, p2), (29, p3)):
        found = (found ^ found >> shift) * prime & MASK
    return found ^ found >> 32


def _round(lane: int, word: int) -> int:
    return _turn((lane + word * PRIMES[1]) & MASK, 31) * PRIMES[0] & MASK


def _turn(number: int, by: int) -> int:
    return (number << by | number >> 64 - by) & MASK


@function("(v: A, k: A) => string")
def hmac(v: Any, k: Any) -> str | None:
    """The HMAC of `v` with the key `k` by SHA-1, in base64.

    import "contrib/qxip/hash"
    array.from(rows: [{v: hash.hmac(v: "101", k: "key")}])
    """
    if is_null(v) or is_null(k):
        return None
    if not isinstance(v, str) or not isinstance(k, str):
        raise invalid(f"hash cannot convert {type_name(v)} to hmac")
    return base64.b64encode(hmac_module.new(k.encode(), v.encode(), "sha1").digest()).decode()


FUNCTIONS = [
    _digest("md5", "The MD5 digest, in hexadecimal.", lambda b: hashlib.md5(b, usedforsecurity=False).hexdigest()),
    _digest("sha1", "The SHA-1 digest, in hexadecimal.", lambda b: hashlib.sha1(b, usedforsecurity=False).hexdigest()),
    _digest("sha256", "The SHA-256 digest, in hexadecimal.", lambda b: hashlib.sha256(b).hexdigest()),
    _digest("b64", "The text in base64 for URLs.", lambda b: base64.urlsafe_b64encode(b).decode()),
    _digest("xxhash64", "The xxHash of 64 bits, in decimal.", lambda b: str(_xxhash64(b))),
]
