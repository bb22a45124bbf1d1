"""The bones of the town: radial roads, ring, links, canal, railway, and the blocks between them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

from data.demo_generator.geometry import generator, lines_of

__all__ = ["Layout", "Street", "draw_layout"]

_STRETCH = np.array([1.12, 0.92])
_RING_M = 290.0
_REACH_M = 2500.0


@dataclass(frozen=True, slots=True)
class Street:
    """One drawn line with its OSM tags; ``kind`` steers naming, crossings and trimming."""

    line: LineString
    highway: str
    kind: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """What everything else is drawn into, in metres from the market cross, before bending."""

    mains: list[Street]
    canal: LineString
    rail: LineString
    bypass: LineString
    canal_strip: Polygon
    rail_strip: Polygon
    bypass_strip: Polygon
    station: Polygon
    """The station forecourt."""
    blocks: list[Polygon]
    edge: Polygon
    """The town's outline."""


def _point(radius_m: float, angle: float) -> NDArray[np.float64]:
    return np.array([np.cos(angle), np.sin(angle)]) * radius_m * _STRETCH


def _outline(rng: np.random.Generator) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, 73)[:-1]
    radius = 1560 * (
        1
        + 0.09 * np.sin(2 * angle + rng.uniform(0, 6.3))
        + 0.06 * np.sin(3 * angle + rng.uniform(0, 6.3))
        + 0.03 * np.sin(7 * angle + rng.uniform(0, 6.3))
    )
    return Polygon([_point(r, a) for r, a in zip(radius, angle, strict=True)])


class _Radials:
    """Seven wandering roads out of the centre; sector ``k`` lies between road k and k + 1."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.n = 7
        base = np.pi / 2 + np.arange(self.n) * 2 * np.pi / self.n
        self.angle = base + rng.uniform(-0.15, 0.15, self.n)
        self.radius = np.array([0, 150, _RING_M, 500, 800, 1150, 1550, 2000, _REACH_M])
        steps = rng.normal(0, 0.045, (self.n, len(self.radius)))
        steps[:, :3] = 0
        self.drift = np.cumsum(steps, axis=1)

    def at(self, k: int, radius_m: float) -> float:
        """Angle of road ``k`` at a radius; roads past the last are the first, a turn later."""
        turns, road = divmod(k, self.n)
        drift = np.interp(radius_m, self.radius, self.drift[road])
        return float(self.angle[road] + drift + turns * 2 * np.pi)

    def line(self, k: int, start_m: float, end_m: float) -> LineString:
        """Draw road ``k`` between two radii."""
        radii = np.linspace(start_m, end_m, max(3, int((end_m - start_m) / 60)))
        return LineString([_point(r, self.at(k, r)) for r in radii])

    def link(
        self, rng: np.random.Generator, k: int, start_m: float, end_m: float, share: float = 1.0
    ) -> LineString:
        """Draw a link through sector ``k``, from road k towards road k + 1."""
        part = np.linspace(0, share, 14)
        radius = start_m + (end_m - start_m) * part
        radius = radius + rng.uniform(-60, 60) * np.sin(np.pi * part / share)
        first = np.array([self.at(k, r) for r in radius])
        last = np.array([self.at(k + 1, r) for r in radius])
        angle = first + (last - first) * part
        return LineString([_point(r, a) for r, a in zip(radius, angle, strict=True)])


def _centre(rng: np.random.Generator, roads: _Radials) -> list[Street]:
    """Market place, high street through it for walkers, lanes, and a ring road around them."""
    turn = np.linspace(0, 2 * np.pi, 57)
    swell = rng.uniform(0, 6.3, 3)
    wave = np.sin(2 * turn + swell[0]) * 26 + np.sin(3 * turn + swell[1]) * 17
    radius = _RING_M - 25 + wave + np.sin(5 * turn + swell[2]) * 8
    ring = [_point(r, a) for r, a in zip(radius, turn, strict=True)]
    market = [_point(r, a) for r, a in zip(rng.uniform(28, 46, 7), turn[:56:8], strict=True)]
    around = Polygon(ring)
    streets = [
        Street(LineString([*ring[:-1], ring[0]]), "secondary", "ring", {"oneway": "yes"}),
        Street(LineString([*market, market[0]]), "pedestrian", "market"),
    ]
    spokes = [(0, "high_street"), (3, "high_street"), (5, "lane"), (2, "lane")]
    for k, kind in spokes:
        for start, end, highway in ((0, 190, "pedestrian"), (190, 430, "tertiary")):
            line = roads.line(k, start, end)
            inside = shapely.intersection(line, around)
            if kind == "lane":
                inside = shapely.difference(inside, Polygon(market))
            streets += [Street(part, highway, kind) for part in lines_of(inside)]
    outside = [
        Street(part, "primary" if k % 2 == 0 else "secondary", "radial")
        for k in range(roads.n)
        for part in lines_of(shapely.difference(roads.line(k, 150, _REACH_M), around))
    ]
    return [*outside, *streets]


def _links(rng: np.random.Generator, roads: _Radials) -> list[Street]:
    streets = []
    for k in range(roads.n):
        for level, highway in ((610, "tertiary"), (960, "secondary"), (1290, "tertiary")):
            start, end = level + rng.uniform(-75, 75, 2)
            streets.append(Street(roads.link(rng, k, start, end), highway, "link"))
        # A road out of the middle of the sector, where the roads drift apart.
        share = rng.uniform(0.42, 0.58)
        radii = np.linspace(560, 1760, 22)
        sweep = rng.normal(0, 0.03) * np.sin(radii / 300)
        points = []
        for radius, swing in zip(radii, sweep, strict=True):
            first, last = roads.at(k, radius), roads.at(k + 1, radius)
            points.append(_point(radius, first + (last - first) * (share + swing)))
        streets.append(Street(LineString(points), "tertiary", "branch"))
    return streets


def _water_and_rail(
    rng: np.random.Generator,
) -> tuple[LineString, LineString, LineString]:
    x = np.linspace(-2600, 2600, 80)
    canal = -430 + 0.07 * x + 120 * np.sin(x / 820 + rng.uniform(0, 6.3))
    rail = 520 + rng.uniform(-0.05, 0.14) * x + 40 * np.sin(x / 1500 + rng.uniform(0, 6.3))
    y = np.linspace(-2600, 2600, 60)
    bypass = 2180 + 150 * np.cos(y / 1300)
    return (
        LineString(np.column_stack([x, canal])),
        LineString(np.column_stack([x, rail])),
        LineString(np.column_stack([bypass, y])),
    )


def _blocks(mains: list[Street], edge: Polygon, strips: list[Polygon]) -> list[Polygon]:
    noded = shapely.unary_union([edge.exterior, *(street.line for street in mains)], grid_size=0.1)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    hole = shapely.unary_union(strips)
    parts = [
        part
        for face in faces
        if edge.covers(face.representative_point())
        for part in shapely.get_parts(shapely.difference(face, hole))
    ]
    kept = [part for part in parts if isinstance(part, Polygon) and part.area > 3000]
    # Largest first would follow small numeric differences; places do not.
    return sorted(kept, key=lambda part: (round(part.centroid.x), round(part.centroid.y)))


def draw_layout(seed: int) -> Layout:
    """Draw the bones of the town of a seed."""
    rng = generator(seed, 1)
    roads = _Radials(rng)
    edge = _outline(rng)
    canal, rail, bypass = _water_and_rail(rng)
    canal_strip, rail_strip = canal.buffer(19), rail.buffer(13)
    centre = _centre(rng, roads)
    inner = [
        replace(street, line=part)
        for street in _links(rng, roads)
        for part in lines_of(shapely.intersection(street.line, edge.buffer(1)))
    ]
    # Where the high street's road meets the railway stands the station; buses turn before it.
    crossing = shapely.intersection(centre[0].line, rail)
    where = rail.project(shapely.get_parts(crossing)[0]) + 115
    near = rail.interpolate(where)
    west = rail.interpolate(where - 1)
    along = np.array([near.x - west.x, near.y - west.y])
    across = np.array([along[1], -along[0]])
    middle = np.array([near.x, near.y]) + across * 62
    corners = [
        middle + along * a + across * b for a, b in ((-48, -30), (48, -30), (48, 30), (-48, 30))
    ]
    mains = [*centre, *inner]
    strips = [canal_strip, rail_strip]
    return Layout(
        mains=mains,
        canal=canal,
        rail=rail,
        bypass=bypass,
        canal_strip=canal_strip,
        rail_strip=rail_strip,
        bypass_strip=bypass.buffer(22),
        station=Polygon(corners),
        blocks=_blocks(mains, edge, strips),
        edge=edge,
    )
