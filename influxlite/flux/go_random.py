"""Go's math/rand: the same numbers for the same seed.

The generator adds the outputs 607 and 273 calls ago (Mitchell and Reeds). Go starts it from constants that are its own
state after 7.8e12 calls from seed 1; they are computed here, by squaring polynomials, rather than listed. Normal
numbers come from a ziggurat of 128 layers (Marsaglia and Tsang, 2000).
"""

from __future__ import annotations

import math
import struct
from functools import cache

LENGTH, TAP = 607, 273
CALLS_BEFORE = 7_800_000_000_000
MASK = (1 << 64) - 1
SEED_MODULUS = (1 << 31) - 1
LAYERS = 128
RIGHT_EDGE = 3.442619855899
LAYER_AREA = 9.91256303526217e-3


class Random:
    """A source of random numbers as Go's `rand.New(rand.NewSource(seed))`."""

    def __init__(self, seed: int) -> None:
        self.state = [seeded ^ start for seeded, start in zip(_seeded(seed, 40, 20), _start(), strict=True)]
        self.feed, self.tap = LENGTH - TAP, 0

    def _uint64(self) -> int:
        self.tap = (self.tap - 1) % LENGTH
        self.feed = (self.feed - 1) % LENGTH
        number = (self.state[self.feed] + self.state[self.tap]) & MASK
        self.state[self.feed] = number
        return number

    def _int63(self) -> int:
        return self._uint64() & (MASK >> 1)

    def float64(self) -> float:
        """A number from 0 to below 1."""
        while True:
            number = float(self._int63()) / (1 << 63)
            if number < 1:
                return number

    def below(self, n: int) -> int:
        """A whole number from 0 to below n, which is at most 2^31 - 1."""
        if n & (n - 1) == 0:
            return (self._int63() >> 32) & (n - 1)
        highest = (1 << 31) - 1 - (1 << 31) % n
        while True:
            number = self._int63() >> 32
            if number <= highest:
                return number % n

    def normal(self) -> float:
        """A number of the normal distribution of mean 0 and deviation 1."""
        rims, widths, heights = _layers()
        while True:
            bits = self._int63() >> 31
            j = bits - (1 << 32) if bits >> 31 else bits
            layer = j & 0x7F
            x = j * widths[layer]
            if abs(j) < rims[layer]:
                return x
            if layer == 0:
                return math.copysign(self._tail(), j)
            drop = _single(heights[layer - 1] - heights[layer])
            height = _single(heights[layer] + _single(_single(self.float64()) * drop))
            if height < _single(math.exp(-0.5 * x * x)):
                return x

    def _tail(self) -> float:
        while True:
            x = -math.log(self.float64()) * (1.0 / RIGHT_EDGE)
            y = -math.log(self.float64())
            if y + y >= x * x:
                return RIGHT_EDGE + x


def _single(number: float) -> float:
    """The nearest 32-bit float."""
    return struct.unpack("f", struct.pack("f", number))[0]


def _seeded(seed: int, high: int, middle: int) -> list[int]:
    """607 numbers out of a seed by a linear congruence, three draws in each, shifted and mixed."""
    x = seed % SEED_MODULUS or 89_482_311
    draws = []
    for _ in range(20 + 3 * LENGTH):
        x = 48_271 * x % SEED_MODULUS
        draws.append(x)
    draws = draws[20:]
    return [((draws[i] << high) ^ (draws[i + 1] << middle) ^ draws[i + 2]) & MASK for i in range(0, len(draws), 3)]


@cache
def _start() -> list[int]:
    """The state after `CALLS_BEFORE` calls from seed 1."""
    first = _seeded(1, 20, 10)
    sequence = [first[(LENGTH - TAP - n) % LENGTH] for n in range(1 - LENGTH, 1)]
    weights = _power(CALLS_BEFORE)
    sequence += _continued(sequence)
    latest = [sum(w * s for w, s in zip(weights, sequence[i:], strict=False)) & MASK for i in range(LENGTH)]
    state = [0] * LENGTH
    for i, number in enumerate(latest):
        state[(LENGTH - TAP - (CALLS_BEFORE + 1 - LENGTH + i)) % LENGTH] = number
    return state


def _continued(sequence: list[int]) -> list[int]:
    """The next 607 numbers of the sequence."""
    made = list(sequence)
    for _ in range(LENGTH):
        made.append((made[-LENGTH] + made[-TAP]) & MASK)
    return made[LENGTH:]


def _power(exponent: int) -> list[int]:
    """y^exponent modulo y^607 = y^334 + 1, coefficients modulo 2^64: the weights of 607 numbers in a later one."""
    found = [1] + [0] * (LENGTH - 1)
    for bit in f"{exponent:b}":
        found = _reduced(_square(found))
        if bit == "1":
            found = _reduced([0, *found])
    return found


SLOT = 18
"""Bytes for a coefficient of a product: 607 products of 64-bit numbers fit."""


def _square(coefficients: list[int]) -> list[int]:
    """A polynomial squared, as one multiplication of long integers."""
    packed = int.from_bytes(b"".join(c.to_bytes(SLOT, "little") for c in coefficients), "little")
    count = 2 * len(coefficients)
    product = (packed * packed).to_bytes(count * SLOT, "little")
    return [int.from_bytes(product[i * SLOT : (i + 1) * SLOT], "little") & MASK for i in range(count - 1)]


def _reduced(coefficients: list[int]) -> list[int]:
    made = list(coefficients)
    for power in range(len(made) - 1, LENGTH - 1, -1):
        over = made[power]
        made[power - TAP] = (made[power - TAP] + over) & MASK
        made[power - LENGTH] = (made[power - LENGTH] + over) & MASK
    return made[:LENGTH]


@cache
def _layers() -> tuple[list[int], list[float], list[float]]:
    """For each layer of the ziggurat: where its inner part ends, its width per unit, its height."""
    scale = float(1 << 31)
    x = before = RIGHT_EDGE
    base = LAYER_AREA / math.exp(-0.5 * x * x)
    rims, widths, heights = [0] * LAYERS, [0.0] * LAYERS, [0.0] * LAYERS
    rims[0], widths[0], heights[0] = int(x / base * scale), _single(base / scale), 1.0
    widths[-1], heights[-1] = _single(x / scale), _single(math.exp(-0.5 * x * x))
    for layer in range(LAYERS - 2, 0, -1):
        x = math.sqrt(-2.0 * math.log(LAYER_AREA / x + math.exp(-0.5 * x * x)))
        rims[layer + 1] = int(x / before * scale)
        before = x
        heights[layer], widths[layer] = _single(math.exp(-0.5 * x * x)), _single(x / scale)
    return rims, widths, heights
