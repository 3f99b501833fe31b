"""hash.cityhash64: CityHash of 64 bits, in the version of 2011 that Flux has (Geoff Pike and Jyrki Alakuijala)."""

from __future__ import annotations

from typing import Any

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import MASK, is_null, type_name

K0, K1, K2, K3 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F, 0xC949D7C7509E6557
MULTIPLIER = 0x9DDFEA08EB382D69
BLOCK = 64
"""How many bytes the loop over a long text takes at once."""


@function("(v: A) => string")
def cityhash64(v: Any) -> str | None:
    """The CityHash of 64 bits, in decimal.

    import "contrib/qxip/hash"
    array.from(rows: [{v: hash.cityhash64(v: "101")}])
    """
    if is_null(v):
        return None
    if not isinstance(v, str):
        raise invalid(f"hash cannot convert {type_name(v)} to sha256")  # InfluxDB's word, though it is another digest
    return str(_hash(v.encode()))


def _hash(data: bytes) -> int:
    if len(data) <= 16:
        return _short(data)
    if len(data) <= 32:
        return _medium(data)
    return _long(data) if len(data) <= BLOCK else _longest(data)


def _word(data: bytes, at: int, size: int = 8) -> int:
    """Bytes as a number, the first the lowest; `at` may count from the end."""
    at += len(data) if at < 0 else 0
    return int.from_bytes(data[at : at + size], "little")


def _turn(number: int, by: int) -> int:
    number &= MASK
    return (number >> by | number << 64 - by) & MASK


def _shifted(number: int) -> int:
    number &= MASK
    return number ^ number >> 47


def _both(low: int, high: int) -> int:
    """Two numbers hashed to one."""
    low, high = low & MASK, high & MASK
    mixed = _shifted((low ^ high) * MULTIPLIER)
    return _shifted((high ^ mixed) * MULTIPLIER) * MULTIPLIER & MASK


def _short(data: bytes) -> int:
    """Up to 16 bytes."""
    n = len(data)
    if n > 8:
        last = _word(data, -8)
        return _both(_word(data, 0), _turn(last + n, n)) ^ last
    if n >= 4:
        return _both(n + (_word(data, 0, 4) << 3), _word(data, -4, 4))
    if n:
        y = data[0] + (data[n >> 1] << 8)
        z = n + (data[-1] << 2)
        return _shifted(y * K2 ^ z * K3) * K2 & MASK
    return K2


def _medium(data: bytes) -> int:
    """17 to 32 bytes."""
    a, b = _word(data, 0) * K1, _word(data, 8)
    c, d = _word(data, -8) * K2, _word(data, -16) * K0
    return _both(_turn(a - b, 43) + _turn(c, 30) + d, a + _turn(b ^ K3, 20) - c + len(data))


def _long(data: bytes) -> int:
    """33 to 64 bytes."""
    z = _word(data, 24)
    a = _word(data, 0) + (len(data) + _word(data, -16)) * K0
    front = _quarter(a, z, _word(data, 8), _word(data, 16))
    z = _word(data, -8)
    back = _quarter(_word(data, 16) + _word(data, -32), z, _word(data, -24), _word(data, -16))
    r = _shifted((front[0] + back[1]) * K2 + (back[0] + front[1]) * K0)
    return _shifted(r * K0 + front[1]) * K2 & MASK


def _quarter(a: int, z: int, second: int, third: int) -> tuple[int, int]:
    b, c = _turn(a + z, 52), _turn(a, 37)
    a += second
    c += _turn(a, 7)
    a += third
    return a + z, b + _turn(a, 31) + c


def _weak(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """32 bytes from `at` on, with two seeds, as two numbers."""
    w, x, y, z = (_word(data, at + 8 * i) for i in range(4))
    a += w
    b = _turn(b + a + z, 21)
    c = a
    a += x + y
    return (a + z) & MASK, (b + _turn(a, 44) + c) & MASK


def _longest(data: bytes) -> int:
    """More than 64 bytes."""
    n = len(data)
    x, y, z = _word(data, 0), _word(data, -16) ^ K1, _word(data, -56) ^ K0
    v, w = _weak(data, n - 64, n, y), _weak(data, n - 32, n * K1, K0)
    z += _shifted(v[1]) * K1
    x, y = _turn(z + x, 39) * K1, _turn(y, 33) * K1
    for at in range(0, (n - 1) // BLOCK * BLOCK, BLOCK):
        x = _turn(x + y + v[0] + _word(data, at + 16), 37) * K1
        y = _turn(y + v[1] + _word(data, at + 48), 42) * K1
        x ^= w[1]
        y ^= v[0]
        z = _turn(z ^ w[0], 33)
        v = _weak(data, at, v[1] * K1, x + w[0])
        w = _weak(data, at + 32, z + w[1], y)
        z, x = x, z
    return _both(_both(v[0], w[0]) + _shifted(y) * K1 + z, _both(v[1], w[1]) + x)
