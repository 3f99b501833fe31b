"""Ted Dunning's merging t-digest: quantiles of many values out of few centroids.

Small sets, in which every value is a centroid of weight one, give exact answers. Source: T. Dunning, O. Ertl,
"Computing extremely accurate quantiles using t-digests" (2019), scale function k1.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

import numpy as np

DEFAULT_COMPRESSION = 1000.0
"""What Flux's `quantile` and `median` take where the script says nothing."""


class TDigest:
    """A digest of `values` with about `compression` centroids."""

    def __init__(self, compression: float, values: Iterable[float]) -> None:
        self.compression = compression
        self.means: list[float] = []
        self.weights: list[float] = []
        self.total = 0.0
        numbers = sorted(values)
        self.low = numbers[0] if numbers else math.nan
        self.high = numbers[-1] if numbers else math.nan
        batch = max(1, 8 * math.ceil(compression))
        for start in range(0, len(numbers), batch):
            self._merge(numbers[start : start + batch])

    def _merge(self, batch: list[float]) -> None:
        pairs = sorted([*zip(self.means, self.weights, strict=True), *((x, 1.0) for x in batch)])
        self.total += len(batch)
        means, weights = [pairs[0][0]], [pairs[0][1]]
        limit = self.total * self.integrated_q(1.0)
        so_far = pairs[0][1]
        for mean, weight in pairs[1:]:
            projected = so_far + weight
            if projected <= limit:
                so_far = projected
                weights[-1] += weight
                means[-1] += (mean - means[-1]) * weight / weights[-1]
            else:
                k = self.integrated_location(so_far / self.total)
                limit = self.total * self.integrated_q(k + 1)
                so_far += weight
                means.append(mean)
                weights.append(weight)
        self.means, self.weights = means, weights

    def integrated_q(self, k: float) -> float:
        """The share of all weight below the k-th unit of the scale."""
        return (math.sin(min(k, self.compression) * math.pi / self.compression - math.pi / 2) + 1) / 2

    def integrated_location(self, q: float) -> float:
        """The place on the scale of a share of all weight, the inverse of `integrated_q`."""
        return self.compression * (math.asin(2 * q - 1) + math.pi / 2) / math.pi

    def quantile(self, q: float) -> float:
        """The q-quantile, interpolated between centroids."""
        if not self.means:
            return math.nan
        if len(self.means) == 1:
            return self.means[0]
        index = q * self.total
        if index <= self.weights[0] / 2:
            return self.low + 2 * index / self.weights[0] * (self.means[0] - self.low)
        cumulative = self._cumulative()
        for i in range(1, len(self.means)):
            if cumulative[i] >= index:
                before, after = index - cumulative[i - 1], cumulative[i] - index
                return (self.means[i - 1] * after + self.means[i] * before) / (before + after)
        before = index - self.total + self.weights[-1] / 2
        after = self.weights[-1] / 2 - before
        return (self.means[-1] * after + self.high * before) / (before + after)

    def _cumulative(self) -> list[float]:
        """The weight up to the middle of each centroid."""
        out, so_far = [], 0.0
        for weight in self.weights:
            out.append(so_far + weight / 2)
            so_far += weight
        return out


@lru_cache(maxsize=4096)
def around(compression: float, n: int, q: float) -> tuple[tuple[int, int], tuple[int, int], float] | None:
    """Where the q-quantile of n values lies in their sorted order, as `TDigest` finds it when it takes them at once.

    Two spans of places and a share: the quantile is `a + (b - a) * share` of the averages of the spans. Which values
    a centroid takes depends on their number alone. None where the digest would take them in several steps.
    """
    if n > 8 * math.ceil(compression):
        return None
    starts = _starts(compression, n)
    edges = [*starts, n]
    spans = list(pairwise(edges))
    middles = [(a + b) / 2 for a, b in spans]
    index = q * n
    first, last = spans[0], spans[-1]
    if len(spans) == 1:
        return first, first, 0.0
    if index <= middles[0]:
        return (0, 1), first, index / middles[0]
    i = bisect_left(middles, index, 1)
    if i < len(spans):
        return spans[i - 1], spans[i], (index - middles[i - 1]) / (middles[i] - middles[i - 1])
    half = (last[1] - last[0]) / 2
    return last, (n - 1, n), (index - n + half) / half


def _starts(compression: float, n: int) -> list[int]:
    """The first place of each centroid's values."""
    digest = TDigest(compression, ())
    starts, so_far = [0], 1
    limit = n * digest.integrated_q(1.0)
    while True:
        so_far = max(so_far, min(n, math.floor(limit)))
        if so_far >= n:
            return starts
        starts.append(so_far)
        k = digest.integrated_location(so_far / n)
        limit = n * digest.integrated_q(k + 1)
        so_far += 1


def quantile_of(values: np.ndarray, compression: float, q: float) -> float:
    """The q-quantile of values in any order, of which there is at least one."""
    found = around(compression, len(values), q)
    if found is None:
        return TDigest(compression, values.tolist()).quantile(q)
    (a, b), (c, d), share = found
    chosen = np.partition(
        values, sorted({a, b - 1, c, d - 1})
    )  # a span then holds what it would hold if all were sorted
    low = sum(np.sort(chosen[a:b]).tolist(), -0.0) / (b - a)  # of nothing but -0 it is -0
    high = sum(np.sort(chosen[c:d]).tolist(), -0.0) / (d - c)
    if not share:
        return low
    if not c:  # below the middle of the first centroid
        return low + (high - low) * share
    return low * (1 - share) + high * share
