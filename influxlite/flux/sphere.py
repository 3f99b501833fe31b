"""Points, lines and polygons on the unit sphere: what contains what, and how far apart they are.

A point is a unit vector. Lines between points are parts of great circles. All angles and distances are in radians.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Vector = tuple[float, float, float]
LatLon = tuple[float, float]
"""Latitude and longitude in radians."""


def dot(a: Vector, b: Vector) -> float:
    """The scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """The vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def minus(a: Vector, b: Vector) -> Vector:
    """The vector from b to a."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def point(lat_degrees: float, lon_degrees: float) -> Vector:
    """The point of a latitude and a longitude in degrees."""
    return of_lat_lon((math.radians(lat_degrees), math.radians(lon_degrees)))


def of_lat_lon(place: LatLon) -> Vector:
    """The point of a latitude and a longitude."""
    lat, lon = place
    return math.cos(lon) * math.cos(lat), math.sin(lon) * math.cos(lat), math.sin(lat)


def lat_lon(p: Vector) -> LatLon:
    """The latitude and the longitude of a vector."""
    return math.atan2(p[2], math.hypot(p[0], p[1])), math.atan2(p[1], p[0])


def angle(a: Vector, b: Vector) -> float:
    """The angle between two vectors."""
    normal = cross(a, b)
    return math.atan2(math.sqrt(dot(normal, normal)), dot(a, b))


def chord2(a: Vector, b: Vector) -> float:
    """The square of the straight distance."""
    way = minus(a, b)
    return dot(way, way)


def to_line(x: Vector, a: Vector, b: Vector) -> float:
    """How far a point is from the line between two points."""
    xa, xb, ab = chord2(x, a), chord2(x, b), chord2(a, b)
    nearest = min(xa, xb)
    if max(xa, xb) < nearest + ab:  # otherwise one of the ends is the nearest point
        normal = cross(a, b)
        size = dot(normal, normal)
        along = cross(normal, x)
        if size and dot(minus(a, x), along) < 0 < dot(minus(b, x), along):
            height = dot(x, normal)
            rest = 1 - math.sqrt(dot(along, along) / size)
            nearest = min(nearest, height * height / size + rest * rest)
    return 2 * math.asin(min(1.0, 0.5 * math.sqrt(nearest)))


def lines_cross(a: Vector, b: Vector, c: Vector, d: Vector) -> bool:
    """Whether the line from a to b crosses the one from c to d."""
    ab, cd = cross(a, b), cross(c, d)
    sides = -dot(ab, c), dot(ab, d), dot(cd, a), -dot(cd, b)
    return all(s > 0 for s in sides) or all(s < 0 for s in sides)


def between_lines(first: Sequence[Vector], second: Sequence[Vector]) -> float:
    """How far two broken lines are apart."""
    nearest = math.inf
    for a, b in edges(first):
        for c, d in edges(second):
            if lines_cross(a, b, c, d):
                return 0.0
            nearest = min(nearest, to_line(a, c, d), to_line(b, c, d), to_line(c, a, b), to_line(d, a, b))
    return nearest


def edges(path: Sequence[Vector]) -> list[tuple[Vector, Vector]]:
    """The lines of a path; a single point is a line of no length."""
    return list(pairwise(path)) if len(path) > 1 else [(p, p) for p in path]


@dataclass(frozen=True, slots=True)
class Circle:
    """All points within `radius` of a centre."""

    center: Vector
    radius: float

    def contains(self, p: Vector) -> bool:
        """Whether a point is in it or on its rim."""
        return chord2(self.center, p) <= (2 * math.sin(0.5 * min(self.radius, math.pi))) ** 2


@dataclass(frozen=True, slots=True)
class Box:
    """All points between two latitudes and two longitudes."""

    low: LatLon
    high: LatLon

    def contains(self, p: Vector) -> bool:
        """Whether a point is in it or on its rim."""
        lat, lon = lat_lon(p)
        return self.low[0] <= lat <= self.high[0] and self.low[1] <= lon <= self.high[1]

    def corners(self) -> list[Vector]:
        """Its corners, against the clock from the south-west."""
        (south, west), (north, east) = self.low, self.high
        return [of_lat_lon(place) for place in ((south, west), (south, east), (north, east), (north, west))]

    def distance(self, p: Vector) -> float:
        """How far a point is from it, 0 inside."""
        lat, lon = lat_lon(p)
        (south, west), (north, east) = self.low, self.high
        if west <= lon <= east:
            return max(0.0, lat - north, south - lat)
        to_east, to_west = (lon - east) % math.tau, (west - lon) % math.tau
        side = east if to_east <= to_west else west
        return to_line(p, of_lat_lon((south, side)), of_lat_lon((north, side)))


class Polygon:
    """The smaller side of a closed line through `points`."""

    __slots__ = ("points",)

    def __init__(self, points: Sequence[Vector]) -> None:
        """The points may go round either way; fewer than three hold nothing."""
        self.points = list(points)
        if _area(self.points) >= math.tau:
            self.points.reverse()

    def ring(self) -> list[Vector]:
        """Its points, the first again at the end."""
        return [*self.points, self.points[0]]

    def contains(self, p: Vector) -> bool:
        """Whether the line goes round a point."""
        turned = 0.0
        for a, b in pairwise(self.ring()):
            normal_a, normal_b = cross(p, a), cross(p, b)
            turned += math.atan2(dot(p, cross(normal_a, normal_b)), dot(normal_a, normal_b))
        return turned > math.pi


def _area(points: Sequence[Vector]) -> float:
    """The area to the left of a closed line: what its turns leave of a whole one."""
    n = len(points)
    turned = 0.0
    for i in range(n):
        before, here, after = points[i - 1], points[i], points[(i + 1) % n]
        one, other = cross(before, here), cross(here, after)
        turned += math.atan2(dot(here, cross(one, other)), dot(one, other))
    return (math.tau - turned) % (2 * math.tau)
