"""Ted Dunning's merging t-digest: quantiles of many values out of few centroids.

Small sets, in which every value is a centroid of weight one, give exact answers. Source: T. Dunning, O. Ertl,
"Computing extremely accurate quantiles using t-digests" (2019), scale function k1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable


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
        limit = self.total * self._integrated_q(1.0)
        so_far = pairs[0][1]
        for mean, weight in pairs[1:]:
            projected = so_far + weight
            if projected <= limit:
                so_far = projected
                weights[-1] += weight
                means[-1] += (mean - means[-1]) * weight / weights[-1]
            else:
                k = self._integrated_location(so_far / self.total)
                limit = self.total * self._integrated_q(k + 1)
                so_far += weight
                means.append(mean)
                weights.append(weight)
        self.means, self.weights = means, weights

    def _integrated_q(self, k: float) -> float:
        return (math.sin(min(k, self.compression) * math.pi / self.compression - math.pi / 2) + 1) / 2

    def _integrated_location(self, q: float) -> float:
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
