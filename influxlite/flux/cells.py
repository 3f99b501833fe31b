"""Cells of S2: the sphere cut into six faces of a cube, each into four, again and again, 30 levels deep.

A cell's id has three bits for the face, two for each level along a Hilbert curve, and a bit that ends it; its token is
the id in hexadecimal without zeros at the end. See s2geometry.io, "S2 Cells".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from influxlite.flux.sphere import (
    Box,
    Circle,
    LatLon,
    Polygon,
    Vector,
    cross,
    dot,
    lat_lon,
    lines_cross,
    of_lat_lon,
    to_line,
)

MAX_LEVEL = 30
SIZE = 1 << MAX_LEVEL
SWAP, INVERT = 1, 2
PLACE_TO_STEP = ((0, 1, 3, 2), (0, 3, 1, 2), (2, 3, 1, 0), (2, 1, 3, 0))
STEP_TO_PLACE = ((0, 1, 3, 2), (0, 2, 3, 1), (3, 2, 0, 1), (3, 1, 0, 2))
TURN = (SWAP, 0, 0, INVERT | SWAP)
"""For an orientation of the curve: the step at which it visits each quarter, the quarter of each step, and how it turns
there."""
Region = Circle | Box | Polygon
EPSILON = 1e-15


# ids and tokens


def id_of(p: Vector) -> int:
    """The id of the smallest cell that holds a point."""
    face = max(range(3), key=lambda axis: (abs(p[axis]), -axis))
    face += 3 if p[face] < 0 else 0
    u, v, w = _on_face(face, p)
    return _id(face, _coordinate(u / w), _coordinate(v / w))


def _coordinate(u: float) -> int:
    s = 0.5 * math.sqrt(1 + 3 * u) if u >= 0 else 1 - 0.5 * math.sqrt(1 - 3 * u)
    return min(max(math.floor(SIZE * s), 0), SIZE - 1)


def _id(face: int, i: int, j: int) -> int:
    orientation, number = face & SWAP, face
    for bit in range(MAX_LEVEL - 1, -1, -1):
        step = PLACE_TO_STEP[orientation][(i >> bit & 1) << 1 | j >> bit & 1]
        number = number << 2 | step
        orientation ^= TURN[step]
    return number << 1 | 1


def token(cell: int) -> str:
    """The token of an id."""
    return f"{cell:016x}".rstrip("0") or "X"


def of_token(text: str) -> int:
    """The id of a token, 0 where it is none."""
    if not 0 < len(text) <= 16 or any(c not in "0123456789abcdefABCDEF" for c in text):
        return 0
    cell = int(text.ljust(16, "0"), 16)
    last = cell & -cell
    return cell if cell >> 61 < 6 and last & 0x1555555555555555 else 0


def level(cell: int) -> int:
    """How often the face was cut."""
    return MAX_LEVEL - ((cell & -cell).bit_length() - 1 >> 1)


def parent(cell: int, at_level: int) -> int:
    """The cell of a level that holds this one."""
    last = 1 << 2 * (MAX_LEVEL - at_level)
    return (cell & -last) | last


def center(cell: int) -> LatLon:
    """The latitude and the longitude of a cell's centre."""
    depth = level(cell)
    face, i, j = _place(cell, depth)
    size = SIZE >> depth
    s, t = (i + size / 2) / SIZE, (j + size / 2) / SIZE
    return lat_lon(_from_face(face, _project(s), _project(t)))


def _place(cell: int, depth: int) -> tuple[int, int, int]:
    face = cell >> 61
    orientation, i, j = face & SWAP, 0, 0
    for step_level in range(1, depth + 1):
        step = cell >> 2 * (MAX_LEVEL - step_level) + 1 & 3
        place = STEP_TO_PLACE[orientation][step]
        i, j = i << 1 | place >> 1, j << 1 | place & 1
        orientation ^= TURN[step]
    shift = MAX_LEVEL - depth
    return face, i << shift, j << shift


def _project(s: float) -> float:
    """The quadratic projection that makes cells of about one size."""
    return (4 * s * s - 1) / 3 if s >= 0.5 else (1 - 4 * (1 - s) * (1 - s)) / 3


def _from_face(face: int, u: float, v: float) -> Vector:
    return ((1.0, u, v), (-u, 1.0, v), (-u, -v, 1.0), (-1.0, -v, -u), (v, -1.0, -u), (v, u, -1.0))[face]


def _on_face(face: int, p: Vector) -> Vector:
    """A vector as (u·w, v·w, w) of a face."""
    x, y, z = p
    return ((y, z, x), (-x, z, y), (-x, -y, z), (-z, -y, -x), (-z, x, -y), (y, x, -z))[face]


# coverings


@dataclass(frozen=True, slots=True)
class _Cell:
    face: int
    depth: int
    i: int
    j: int

    def bounds(self) -> tuple[float, float, float, float]:
        """Its sides on the face: u from and to, v from and to."""
        size = SIZE >> self.depth
        ends = (self.i, self.i + size, self.j, self.j + size)
        low_u, high_u, low_v, high_v = (_project(end / SIZE) for end in ends)
        return low_u, high_u, low_v, high_v

    def corners(self) -> list[Vector]:
        low_u, high_u, low_v, high_v = self.bounds()
        ends = ((low_u, low_v), (high_u, low_v), (high_u, high_v), (low_u, high_v))
        return [_unit(_from_face(self.face, u, v)) for u, v in ends]

    def middle(self) -> Vector:
        half = (SIZE >> self.depth) / 2
        return _unit(_from_face(self.face, _project((self.i + half) / SIZE), _project((self.j + half) / SIZE)))

    def contains(self, p: Vector) -> bool:
        u, v, w = _on_face(self.face, p)
        if w <= 0:
            return False
        low_u, high_u, low_v, high_v = self.bounds()
        return low_u - EPSILON <= u / w <= high_u + EPSILON and low_v - EPSILON <= v / w <= high_v + EPSILON

    def touched_by(self, a: Vector, b: Vector) -> bool:
        """Whether the line between two points goes through it: a straight line on the face, cut by the sides."""
        start, end = _on_face(self.face, a), _on_face(self.face, b)
        low_u, high_u, low_v, high_v = self.bounds()
        sides = ((1, 0, -low_u), (-1, 0, high_u), (0, 1, -low_v), (0, -1, high_v), (0, 0, 1))
        first, last = 0.0, 1.0
        for side in sides:
            at_start, at_end = dot(side, start), dot(side, end)
            if at_start < 0 and at_end < 0:
                return False
            if at_start < 0 or at_end < 0:
                cut = at_start / (at_start - at_end)
                first, last = (max(first, cut), last) if at_start < 0 else (first, min(last, cut))
        return first <= last

    def quarters(self) -> list[_Cell]:
        half = SIZE >> self.depth + 1
        return [_Cell(self.face, self.depth + 1, self.i + a * half, self.j + b * half) for a in (0, 1) for b in (0, 1)]

    @property
    def id(self) -> int:
        return parent(_id(self.face, self.i, self.j), self.depth)


def _unit(p: Vector) -> Vector:
    length = math.sqrt(dot(p, p))
    return p[0] / length, p[1] / length, p[2] / length


class Covering:
    """The cells of one level that a region touches; `deeper` goes to the next."""

    def __init__(self, region: Region) -> None:
        self.touches = _touches(region)
        self.depth = 0
        self.cells = [cell for cell in (_Cell(face, 0, 0, 0) for face in range(6)) if self.touches(cell)]

    def deeper(self) -> None:
        """Cut each cell into four and keep those that the region touches."""
        self.depth += 1
        self.cells = [quarter for cell in self.cells for quarter in cell.quarters() if self.touches(quarter)]

    def tokens(self) -> list[str]:
        """The cells' tokens, in the order of their ids."""
        return [token(cell) for cell in sorted(cell.id for cell in self.cells)]


def _touches(region: Region) -> Callable[[_Cell], bool]:
    if isinstance(region, Circle):
        return lambda cell: _circle_touches(region, cell)
    if isinstance(region, Box):
        return lambda cell: _box_touches(region, cell)
    return lambda cell: _polygon_touches(region, cell)


def _sides(corners: Sequence[Vector]) -> list[tuple[Vector, Vector]]:
    return list(pairwise([*corners, corners[0]]))


def _circle_touches(circle: Circle, cell: _Cell) -> bool:
    if cell.contains(circle.center):
        return True
    return any(to_line(circle.center, a, b) <= circle.radius for a, b in _sides(cell.corners()))


def _polygon_touches(polygon: Polygon, cell: _Cell) -> bool:
    if any(cell.touched_by(a, b) for a, b in pairwise(polygon.ring())):
        return True
    return polygon.contains(cell.middle())


def _box_touches(box: Box, cell: _Cell) -> bool:
    middle = of_lat_lon(((box.low[0] + box.high[0]) / 2, (box.low[1] + box.high[1]) / 2))
    if box.contains(cell.middle()) or cell.contains(middle):
        return True
    corners = cell.corners()
    if any(map(box.contains, corners)) or any(map(cell.contains, box.corners())):
        return True
    south_west, south_east, north_east, north_west = box.corners()
    for a, b in _sides(corners):
        if lines_cross(a, b, south_west, north_west) or lines_cross(a, b, south_east, north_east):
            return True
        if any(_crosses_parallel(a, b, lat, (box.low[1], box.high[1])) for lat in (box.low[0], box.high[0])):
            return True
    return False


def _crosses_parallel(a: Vector, b: Vector, lat: float, longitudes: tuple[float, float]) -> bool:
    """Whether the line from a to b meets a parallel between two longitudes."""
    normal = _unit(cross(a, b))
    height = math.sin(lat)
    level2 = normal[0] ** 2 + normal[1] ** 2
    if not level2 or height**2 > level2:
        return False
    # of the great circle: the point nearest to it at that height, and to both sides along the level direction
    across = -height * normal[2] / level2
    along = math.sqrt(max(0.0, (1 - height**2) / level2 - across**2))
    for sign in (1, -1):
        x = across * normal[0] - sign * along * normal[1]
        y = across * normal[1] + sign * along * normal[0]
        p = (x, y, height)
        inside = dot(cross(a, p), normal) >= 0 and dot(cross(p, b), normal) >= 0
        if inside and longitudes[0] <= math.atan2(y, x) <= longitudes[1]:
            return True
    return False
