"""What fills the blocks between the main roads: terraces, closes, estates, parks, lanes, yards."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import Delaunay
from shapely import LineString, Point, Polygon
from shapely.affinity import rotate

from data.demo_generator.geometry import lines_of
from data.demo_generator.layout import Street

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

__all__ = ["closes", "estate", "lanes", "park", "terraces", "yard"]


def _long_axis(block: Polygon) -> float:
    """Angle of the block's long side, in degrees."""
    box = shapely.oriented_envelope(block)
    corners = shapely.get_coordinates(box)
    sides = np.diff(corners, axis=0)[:2]
    longest = sides[np.argmax(np.hypot(*sides.T))]
    return float(np.degrees(np.arctan2(longest[1], longest[0])))


class _Upright:
    """A block turned so that its long side lies along x; lines are turned back when clipped."""

    def __init__(self, block: Polygon, angle: float) -> None:
        self.block, self.angle, self.about = block, angle, block.centroid
        self.shape: Polygon = rotate(block, -angle, origin=self.about)
        self.low_x, self.low_y, self.high_x, self.high_y = self.shape.bounds

    def clip(self, line: LineString, *, inset_m: float = 0.0) -> list[LineString]:
        shape: BaseGeometry = self.shape.buffer(-inset_m) if inset_m else self.shape
        parts = lines_of(shapely.intersection(line, shape))
        return [rotate(part, self.angle, origin=self.about) for part in parts if part.length > 12]


def terraces(
    block: Polygon, rng: np.random.Generator, gap_m: float, cross_m: float = 135.0
) -> list[Street]:
    """Rows of streets with short cross streets that never line up, like brickwork."""
    frame = _Upright(block, _long_axis(block) + rng.normal(0, 7))
    x = np.linspace(frame.low_x - 20, frame.high_x + 20, 26)
    half = (frame.high_x - frame.low_x) / 2 + 20
    middle = (frame.high_x + frame.low_x) / 2
    bow = rng.uniform(-0.24, 0.24) * half * ((x - middle) / half) ** 2
    rows = []
    y = frame.low_y + gap_m * rng.uniform(0.45, 0.75)
    while y < frame.high_y - gap_m * 0.35:
        rows.append(y + bow)
        y += gap_m * rng.uniform(0.88, 1.25)
    streets = [
        Street(part, "residential", "terrace")
        for row in rows
        for part in frame.clip(LineString(np.column_stack([x, row])))
    ]
    edges = [np.full_like(x, frame.low_y - 30), *rows, np.full_like(x, frame.high_y + 30)]
    for low, high in pairwise(edges):
        at = frame.low_x + rng.uniform(0.3, 1.0) * cross_m
        while at < frame.high_x:
            ends = [(at, float(np.interp(at, x, low))), (at, float(np.interp(at, x, high)))]
            alley = rng.random() < 0.12
            for part in frame.clip(LineString(ends)):
                kind = "alley" if alley else "cross"
                streets.append(Street(part, "footway" if alley else "residential", kind))
            at += cross_m * rng.uniform(0.75, 1.6)
    return streets


def closes(block: Polygon, rng: np.random.Generator, gap_m: float = 165.0) -> list[Street]:
    """Winding collectors with cul-de-sacs on both sides, some with a footpath out at the end."""
    frame = _Upright(block, _long_axis(block) + rng.normal(0, 6))
    x = np.linspace(frame.low_x - 20, frame.high_x + 20, 60)
    streets = []
    y = frame.low_y + gap_m * rng.uniform(0.4, 0.6)
    last: NDArray[np.float64] | None = None
    while y < frame.high_y - gap_m * 0.25:
        sway = rng.uniform(9, 20) * np.sin(x / rng.uniform(45, 75) + rng.uniform(0, 6.3))
        row = y + sway
        spine = LineString(np.column_stack([x, row]))
        streets += [Street(part, "residential", "collector") for part in frame.clip(spine)]
        side = 1.0
        at = frame.low_x + rng.uniform(25, 70)
        while at < frame.high_x:
            streets += _close(frame, rng, (at, float(np.interp(at, x, row))), side)
            side = -side
            at += rng.uniform(34, 58)
        if last is not None:
            at = rng.uniform(frame.low_x, frame.high_x)
            ends = [(at, float(np.interp(at, x, last))), (at, float(np.interp(at, x, row)))]
            streets += [Street(part, "footway", "alley") for part in frame.clip(LineString(ends))]
        last = row
        y += gap_m * rng.uniform(0.95, 1.15)
    return streets


def _close(
    frame: _Upright, rng: np.random.Generator, foot: tuple[float, float], side: float
) -> list[Street]:
    reach = rng.uniform(38, 72)
    lean = rng.uniform(-14, 14)
    end = (foot[0] + lean, foot[1] + side * reach)
    inset = 12.0
    if not (frame.shape.contains(Point(foot)) and frame.shape.buffer(-inset).contains(Point(end))):
        return []
    bulge = (foot[0] + lean * 0.2, foot[1] + side * reach * 0.6)
    streets = [
        Street(part, "residential", "close") for part in frame.clip(LineString([foot, bulge, end]))
    ]
    if reach > 58 and rng.random() < 0.5:
        head = LineString([(end[0] - 24, end[1] + side * 4), end, (end[0] + 22, end[1] + side * 5)])
        streets += [
            Street(part, "residential", "close") for part in frame.clip(head, inset_m=inset)
        ]
    elif rng.random() < 0.3:
        out = LineString([end, (end[0] + rng.uniform(-8, 8), end[1] + side * 90)])
        streets += [Street(part, "footway", "alley") for part in frame.clip(out)]
    return streets


def estate(block: Polygon, rng: np.random.Generator) -> list[Street]:
    """Slabs in open ground: one service road, and footpaths where people walk anyway."""
    frame = _Upright(block, _long_axis(block))
    x, y = np.meshgrid(
        np.arange(frame.low_x, frame.high_x, 66.0), np.arange(frame.low_y, frame.high_y, 66.0)
    )
    points = np.column_stack([x.ravel(), y.ravel()])
    points = points + rng.uniform(-15, 15, points.shape)
    inside = shapely.contains_xy(frame.shape.buffer(-24), points[:, 0], points[:, 1])
    points = points[inside]
    streets: list[Street] = []
    middle = (frame.low_y + frame.high_y) / 2
    spine = LineString([(frame.low_x - 9, middle + 9), (frame.high_x + 9, middle - 9)])
    streets += [Street(part, "residential", "collector") for part in frame.clip(spine)]
    if len(points) < 4:
        return streets
    for first, second in _gabriel(points):
        if rng.random() < 0.24:
            continue
        line = LineString([points[first], points[second]])
        highway = "service" if rng.random() < 0.12 else "footway"
        streets += [Street(part, highway, "estate") for part in frame.clip(line)]
    border = frame.shape.exterior
    for point in points:
        foot = border.interpolate(border.project(Point(point)))
        if foot.distance(Point(point)) < 46 and rng.random() < 0.55:
            line = LineString([point, foot])
            streets += [Street(part, "footway", "estate") for part in frame.clip(line)]
    return streets


def _gabriel(points: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs whose circle holds no other point: neighbours as a walker would see them."""
    triangles = Delaunay(points).simplices
    pairs = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    middle = points[pairs].mean(axis=1)
    reach = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T) / 2
    apart = np.hypot(*(middle[:, None, :] - points[None, :, :]).T).T
    nearest = np.sort(apart, axis=1)[:, 2]
    kept = pairs[(nearest >= reach - 1e-6) & (reach < 58)]
    return [(int(first), int(second)) for first, second in kept]


def park(block: Polygon, rng: np.random.Generator) -> list[Street]:
    """Lay a round walk, paths to it from the sides, and one straight avenue through."""
    centre = np.array([block.centroid.x, block.centroid.y])
    inner = shapely.simplify(block.buffer(-0.3 * np.sqrt(block.area) / 2), 12)
    rings = [part for part in shapely.get_parts(inner) if isinstance(part, Polygon)]
    if not rings:
        return terraces(block, rng, 90)
    ring = max(rings, key=lambda part: part.area).buffer(15).exterior
    streets = [Street(LineString(ring.coords), "path", "park")]
    border = block.exterior
    for part in np.arange(0, 1, 1 / 7) + rng.uniform(0, 0.1):
        gate = border.interpolate(part, normalized=True)
        foot = ring.interpolate(ring.project(gate))
        streets.append(Street(LineString([gate, foot]), "footway", "park"))
    start = np.array(ring.interpolate(rng.uniform(0, 0.2), normalized=True).coords[0])
    avenue = LineString([start, centre, 2 * centre - start])
    streets += [
        Street(part, "footway", "park")
        for part in lines_of(shapely.intersection(avenue, Polygon(ring)))
    ]
    return streets


def lanes(block: Polygon, rng: np.random.Generator) -> list[Street]:
    """Old lanes of the centre: close together, some for walkers, some for deliveries."""
    drawn = terraces(block, rng, 58, cross_m=82)
    choices = np.array(["residential", "footway", "service", "pedestrian"])
    return [
        Street(street.line, str(rng.choice(choices, p=[0.4, 0.25, 0.2, 0.15])), "lane")
        for street in drawn
    ]


def yard(block: Polygon, rng: np.random.Generator) -> list[Street]:
    """Works and sheds: wide roads, and service roads that are not for the public."""
    drawn = terraces(block, rng, 125, cross_m=210)
    return [
        Street(street.line, "service", "yard", {"access": "private"})
        if street.kind != "terrace" and rng.random() < 0.6
        else Street(street.line, "unclassified", "yard")
        for street in drawn
    ]
