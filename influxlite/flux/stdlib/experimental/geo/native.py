"""geo.getGrid, getLevel, s2CellIDToken, s2CellLatLon, stContains, stDistance, stLength: geometry on the sphere."""

from __future__ import annotations

import math
from typing import Any

from influxlite.flux import cells, sphere
from influxlite.flux.errors import invalid
from influxlite.flux.sphere import Box, Circle, Polygon, Vector
from influxlite.flux.stdlib.arguments import refuse_nulls, require_records
from influxlite.flux.stdlib.registry import function, option
from influxlite.flux.values import Record, is_null

EARTH_RADIUS_KM = 6371.01
"""The mean radius, as WGS 84 has it."""
RADII = {"m": EARTH_RADIUS_KM * 1000, "km": EARTH_RADIUS_KM, "mile": EARTH_RADIUS_KM / 1.609344}
MOST_CELLS = 100
"""A grid of no asked size has at most so many cells."""
MOST_COUNTED = 200_000
Path = list[Vector]

units = option("{distance: string}", Record(distance="km"), 'The unit of distances: "m", "km" or "mile".')


def _radius(given: Record) -> float:
    """The radius of the Earth in a unit."""
    if set(given) != {"distance"}:
        raise invalid("invalid units parameter: missing field: distance")
    if is_null(given["distance"]):
        raise invalid("invalid units parameter: distance field is null")
    if given["distance"] not in RADII:
        raise invalid(f"invalid units parameter: unsupported distance unit '{given['distance']}'")
    return RADII[given["distance"]]


def _numbers(record: Record, names: tuple[str, ...], what: str) -> list[float]:
    wanted = ", ".join(names)
    if any(name not in record for name in names):
        raise invalid(f"invalid {what} specification - must have {wanted} fields")
    if any(is_null(record[name]) for name in names):
        raise invalid(f"invalid {what} specification - {wanted} must not be null")
    return [float(record[name]) for name in names]


def _geometry(name: str, given: Record, radius: float) -> Vector | Circle | Box | Polygon | Path:
    """What a record describes: a point, a circle, a box, a polygon, or a linestring as a list of points."""
    n = len(given)
    if "lat" in given and n == 2:
        return sphere.point(*_numbers(given, ("lat", "lon"), "point"))
    if "minLat" in given and n == 4:
        south, west, north, east = _numbers(given, ("minLat", "minLon", "maxLat", "maxLon"), "box")
        low, high = (min(south, north), min(west, east)), (max(south, north), max(west, east))
        return Box((math.radians(low[0]), math.radians(low[1])), (math.radians(high[0]), math.radians(high[1])))
    if "radius" in given and n == 3:
        lat, lon, around = _numbers(given, ("lat", "lon", "radius"), "circle")
        return Circle(sphere.point(lat, lon), around / radius)
    if "points" in given and n == 1:
        if len(given["points"]) < 3:
            raise invalid("polygon must have at least 3 points")
        return Polygon([sphere.point(*_numbers(p, ("lat", "lon"), "polygon point")) for p in given["points"]])
    if "linestring" in given and n == 1:
        return _path(given["linestring"])
    raise invalid(f"unsupported geometry specified for '{name}'")


def _path(text: Any) -> Path:
    if is_null(text):
        raise invalid("empty linestring")
    points = []
    for pair in text.split(","):
        fields = pair.split()
        if not fields:
            raise invalid("invalid linestring - empty part")
        try:
            lon, lat = float(fields[0]), float(fields[1])
        except (ValueError, IndexError):
            raise invalid(f"invalid linestring - {pair.strip()} is no longitude and latitude") from None
        points.append(sphere.point(lat, lon))
    return points


def _region(given: Record, radius: float) -> cells.Region:
    found = _geometry("region", given, radius)
    if not isinstance(found, (Circle, Box, Polygon)):
        raise invalid(f"unsupported region type: geo.{'point' if isinstance(found, tuple) else 'polyline'}")
    return found


@function("(region: A, geometry: B, units: {distance: string}) => bool where A: Record, B: Record")
def st_contains(region: Record, geometry: Record, units: Record) -> bool:
    """Whether a circle, box or polygon holds a point, or all points of a linestring.

    import "experimental/geo"
    array.from(rows: [{v: geo.stContains(
        region: {lat: 52.5, lon: 13.4, radius: 10.0},
        geometry: {lat: 52.52, lon: 13.41},
        units: {distance: "km"},
    )}])
    """
    require_records(region=region, geometry=geometry, units=units)
    radius = _radius(units)
    area, inside = _region(region, radius), _geometry("geometry", geometry, radius)
    if isinstance(inside, list):
        return all(map(area.contains, inside))
    if not isinstance(inside, tuple):
        raise invalid(f"unsupported geometry type: geo.{type(inside).__name__.lower()}")
    return area.contains(inside)


@function("(region: A, geometry: B, units: {distance: string}) => float where A: Record, B: Record")
def st_distance(region: Record, geometry: Record, units: Record) -> float:
    """How far a point or a linestring is from a point, circle, box or polygon; 0 where they meet.

    import "experimental/geo"
    array.from(rows: [{v: geo.stDistance(
        region: {lat: 52.5, lon: 13.4},
        geometry: {lat: 48.1, lon: 11.6},
        units: {distance: "km"},
    )}])
    """
    require_records(region=region, geometry=geometry, units=units)
    radius = _radius(units)
    from_, to = _geometry("region", region, radius), _geometry("geometry", geometry, radius)
    if not isinstance(to, (tuple, list)):
        raise invalid(f"unsupported geometry type: geo.{type(to).__name__.lower()}")
    return (_from_point(from_, to) if isinstance(to, tuple) else _from_path(from_, to)) * radius


def _from_point(region: Vector | Circle | Box | Polygon | Path, to: Vector) -> float:
    if isinstance(region, Circle):
        return max(0.0, sphere.angle(region.center, to) - region.radius)
    if isinstance(region, Box):
        return region.distance(to)
    if isinstance(region, Polygon):
        return _to_edges(region.ring(), to) if not region.contains(to) else 0.0
    return sphere.angle(region, to) if isinstance(region, tuple) else 0.0


def _from_path(region: Vector | Circle | Box | Polygon | Path, to: Path) -> float:
    if isinstance(region, tuple):
        return _to_edges(to, region)
    if isinstance(region, Circle):
        return max(0.0, _to_edges(to, region.center) - region.radius)
    if isinstance(region, list):
        return 0.0
    polygon = Polygon(region.corners()) if isinstance(region, Box) else region
    return 0.0 if polygon.contains(to[0]) else sphere.between_lines(polygon.ring(), to)


def _to_edges(path: Path, p: Vector) -> float:
    return min(sphere.to_line(p, a, b) for a, b in sphere.edges(path))


@function("(geometry: A, units: {distance: string}) => float where A: Record")
def st_length(geometry: Record, units: Record) -> float:
    """How long a linestring is; a point is 0 long.

    import "experimental/geo"
    array.from(rows: [{v: geo.stLength(geometry: {linestring: "13.4 52.5, 11.6 48.1"}, units: {distance: "km"})}])
    """
    require_records(geometry=geometry, units=units)
    radius = _radius(units)
    path = _geometry("geometry", geometry, radius)
    if isinstance(path, tuple):
        return 0.0
    if not isinstance(path, list):
        raise invalid(f"unsupported geometry type: geo.{type(path).__name__.lower()}")
    return sum(sphere.angle(a, b) for a, b in sphere.edges(path)) * radius


@function(
    "(region: T, ?minSize: int, ?maxSize: int, ?level: int, ?maxLevel: int, units: {distance: string})"
    " => {level: int, set: [string]} where T: Record"
)
def get_grid(
    region: Record, units: Record, min_size: int = -1, max_size: int = -1, level: int = -1, max_level: int = -1
) -> Record:
    """The tokens of the S2 cells that cover a region: of `level`, or of the first level at which there are `minSize`
    of them, or the last at which there are no more than `maxSize`.

        import "experimental/geo"
        grid = geo.getGrid(region: {lat: 52.5, lon: 13.4, radius: 10.0}, minSize: 5, units: {distance: "km"})
        array.from(rows: [{level: grid.level, n: length(arr: grid.set)}])
    """
    require_records(region=region, units=units)
    refuse_nulls(minSize=min_size, maxSize=max_size, level=level, maxLevel=max_level)
    radius = _radius(units)
    if max_level > cells.MAX_LEVEL:
        raise invalid(f"invalid maxLevel ({max_level}, must be < {cells.MAX_LEVEL})")
    if 0 < max_size < min_size:
        raise invalid(f"minSize > maxSize ({min_size} > {max_size})")
    covering = cells.Covering(_region(region, radius))
    if level > -1:
        _descend(covering, min(level, cells.MAX_LEVEL))
        return _grid(covering.tokens(), level)
    if min_size <= 0 and max_size <= 0:
        raise invalid("either minSize or maxSize must be specified")
    return _sized(covering, min_size, max_size, max_level)


def _sized(covering: cells.Covering, min_size: int, max_size: int, max_level: int) -> Record:
    deepest = max_level if max_level > 0 else cells.MAX_LEVEL
    most = max_size if max_size > 0 else MOST_CELLS
    found: Record | None = None
    for depth in range(1, deepest + 1):
        _descend(covering, depth)
        if len(covering.cells) > most:
            break
        found = _grid(covering.tokens(), depth)
        if 0 < min_size <= len(covering.cells):
            break
    if found is None or (len(found["set"]) < min_size and max_level <= 0):
        return Record(level=-1, set=[])
    return found


def _descend(covering: cells.Covering, level: int) -> None:
    while covering.depth < level:
        covering.deeper()
        if len(covering.cells) > MOST_COUNTED:
            raise invalid(
                f"the region has more than {MOST_COUNTED} cells of level {covering.depth}: choose a lower one"
            )


def _grid(tokens: list[str], level: int) -> Record:
    return Record(level=level if tokens else -1, set=tokens)


@function("(token: string) => int", nulls=False)
def get_level(token: str) -> int:
    """The level of the cell of a token.

    import "experimental/geo"
    array.from(rows: [{v: geo.getLevel(token: "47a85")}])
    """
    return cells.level(_cell(token))


def _cell(token: str) -> int:
    cell = cells.of_token(token)
    if not cell:
        raise invalid("invalid token specified")
    return cell


@function("(?token: string, ?point: {lat: float, lon: float}, level: int) => string", "s2CellIDToken", nulls=False)
def s2_cell_id_token(level: int, token: str | None = None, point: Record | None = None) -> str:
    """The token of the cell of `level` that holds a point, or the cell of `token`.

    import "experimental/geo"
    array.from(rows: [{v: geo.s2CellIDToken(point: {lat: 52.5, lon: 13.4}, level: 10)}])
    """
    if token is None and point is None:
        raise invalid("either token or point parameter must be specified")
    if token is not None and point is not None and bool(token) == bool(point):
        raise invalid("either token or point parameter must be specified and must not be empty")
    if not 1 <= level <= cells.MAX_LEVEL:
        raise invalid("level value must be [1, 30]")
    if token:
        cell = cells.of_token(token)
        if not cell or level > cells.level(cell):
            raise invalid("invalid token specified or requested level greater then current level")
        return cells.token(cells.parent(cell, level))
    place = sphere.point(*_numbers(point or Record(), ("lat", "lon"), "point"))
    return cells.token(cells.parent(cells.id_of(place), level))


@function("(token: string) => {lat: float, lon: float}", nulls=False)
def s2_cell_lat_lon(token: str) -> Record:
    """The latitude and the longitude of a cell's centre.

    import "experimental/geo"
    array.from(rows: [geo.s2CellLatLon(token: "47a85")])
    """
    lat, lon = cells.center(_cell(token))
    return Record(lat=math.degrees(lat), lon=math.degrees(lon))
