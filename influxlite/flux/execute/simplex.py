"""The minimum of a function of several numbers by the method of Nelder and Mead.

With the coefficients that F. Gao and L. Han chose by the number of dimensions ("Implementing the Nelder-Mead simplex
algorithm with adaptive parameters", 2012).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from influxlite.flux.errors import FluxError

Point = list[float]
Vertex = tuple[float, Point]
SIZE = 0.05
"""How far the first simplex reaches from its start in each direction."""


def minimize(function: Callable[[Point], float], start: Point, *, tolerance: float, patience: int) -> Vertex:
    """The least value found, and where. It ends when `patience` steps in a row brought less than `tolerance`.

    FluxError where the function has no finite value at the start.
    """
    simplex = Simplex(function, start)
    best, waited = simplex.first, 0
    while True:
        now = simplex.vertices[0][0]
        best, waited = (now, 0) if best - now > tolerance else (best, waited + 1)
        if waited >= patience or now == -math.inf:
            return simplex.vertices[0]
        simplex.step()


class Simplex:
    """The vertices and their values, the best one first."""

    def __init__(self, function: Callable[[Point], float], start: Point) -> None:
        n = len(start)
        self.function = function
        self.expansion = 1 + 2 / n if n > 1 else 2.0
        self.contraction = 0.75 - 1 / (2 * n) if n > 1 else 0.5
        self.shrinking = 1 - 1 / n if n > 1 else 0.5
        self.first = first = function(start)
        if math.isnan(first) or first == math.inf:
            raise FluxError("internal error", "panic: optimize: initial function value is NaN or Inf")
        moved = [[x + SIZE * (i == j) for j, x in enumerate(start)] for i in range(n)]
        self.vertices: list[Vertex] = [*((function(p), p) for p in moved), (first, start)]
        self.centroid: Point = []
        """The centre of all vertices but the worst."""
        self._order()

    def _order(self) -> None:
        self.vertices.sort(key=lambda vertex: vertex[0])
        good = self.vertices[:-1]
        self.centroid = [sum(column) / len(good) for column in zip(*(p for _, p in good), strict=True)]

    def _beyond(self, scale: float) -> Vertex:
        """The point on the line from the worst vertex through the centre."""
        worst = self.vertices[-1][1]
        point = [scale * (c - w) + c for c, w in zip(self.centroid, worst, strict=True)]
        return self.function(point), point

    def step(self) -> None:
        """Replace the worst vertex by a better one, or draw all of them to the best."""
        reflected = self._beyond(1.0)
        value = reflected[0]
        if self.vertices[0][0] <= value < self.vertices[-2][0]:
            self._replace(reflected)
        elif value < self.vertices[0][0]:
            expanded = self._beyond(self.expansion)
            self._replace(expanded if expanded[0] < value else reflected)
        elif value < self.vertices[-1][0]:
            contracted = self._beyond(self.contraction)
            self._replace(contracted) if contracted[0] <= value else self._shrink()
        else:
            contracted = self._beyond(-self.contraction)
            self._replace(contracted) if contracted[0] < self.vertices[-1][0] else self._shrink()

    def _replace(self, vertex: Vertex) -> None:
        place = next((i for i, (value, _) in enumerate(self.vertices[:-1]) if value >= vertex[0]), None)
        self.vertices.pop()
        self.vertices.insert(len(self.vertices) if place is None else place, vertex)
        share = 1 / len(vertex[1])
        worst = self.vertices[-1][1]
        self.centroid = [c - share * w + share * x for c, w, x in zip(self.centroid, worst, vertex[1], strict=True)]

    def _shrink(self) -> None:
        best = self.vertices[0][1]
        for i, (_, point) in enumerate(self.vertices[1:], 1):
            moved = [self.shrinking * (p - b) + b for p, b in zip(point, best, strict=True)]
            self.vertices[i] = (self.function(moved), moved)
        self._order()
