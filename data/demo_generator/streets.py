"""The whole town: bones, blocks and crossings joined into one network of pieces and ways."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from data.demo_generator import blocks as fill
from data.demo_generator.geometry import Warp, generator, lines_of
from data.demo_generator.layout import Layout, Street, draw_layout
from data.demo_generator.names import Namer
from data.demo_generator.network import Network, build_network

__all__ = ["Town", "build_town"]

_WANTED_SEGMENTS = (1950, 2050)
_MOUTH_M = 42.0  # how far from the rails the subway opens


@dataclass(frozen=True, slots=True)
class Town:
    """A finished town: the network of streets, and what is drawn beside them."""

    network: Network
    layout: Layout
    warp: Warp
    parks: list[tuple[str, Polygon]]


def build_town(seed: int) -> Town:
    """Build the town of a seed, its streets just dense enough for about 2,000 segments."""
    layout = draw_layout(seed)
    warp = Warp.draw(generator(seed, 2))
    gap_m, best = 74.0, None
    for _ in range(9):
        streets, parks = _all_streets(layout, seed, gap_m)
        network = build_network(streets, warp)
        miss = abs(network.n_segments() - 2000)
        if best is None or miss < best[0]:
            best = (miss, Town(network, layout, warp, parks))
        if _WANTED_SEGMENTS[0] <= network.n_segments() <= _WANTED_SEGMENTS[1]:
            break
        gap_m = float(np.clip(gap_m * (network.n_segments() / 2000) ** 0.8, 50, 130))
    if best is None:
        raise RuntimeError("no town")
    return best[1]


def _all_streets(
    layout: Layout, seed: int, gap_m: float
) -> tuple[list[Street], list[tuple[str, Polygon]]]:
    """Draw, split at water and rail, and name every street."""
    namer = Namer(generator(seed, 3))
    inner, parks = _fill_blocks(layout, generator(seed, 4), gap_m, namer)
    drawn = [
        *layout.mains,
        *_station(layout),
        *_crossings(layout, inner, generator(seed, 5)),
        *inner,
    ]
    streets = [part for street in drawn for part in _lift(street, layout)]
    streets += _towpath(layout, streets, generator(seed, 6))
    streets.append(
        Street(
            LineString([(-2350, -760), (-2330, -700), (-2290, -650)]),
            "footway",
            "pier",
        )
    )
    return _named(streets, namer), parks


def _fill_blocks(
    layout: Layout, rng: np.random.Generator, gap_m: float, namer: Namer
) -> tuple[list[Street], list[tuple[str, Polygon]]]:
    radius = np.array([np.hypot(block.centroid.x, block.centroid.y) for block in layout.blocks])
    area = np.array([block.area for block in layout.blocks])
    use = _uses(layout, radius, area, rng)
    streets: list[Street] = []
    parks: list[tuple[str, Polygon]] = []
    for number, (block, what) in enumerate(zip(layout.blocks, use, strict=True)):
        part = np.random.default_rng([int(rng.integers(2**31)), number])
        if what == "park":
            name = namer.park_name()
            parks.append((name, block))
            drawn = [
                replace(street, tags={"name": f"{name} path"}) for street in fill.park(block, part)
            ]
        elif what == "estate":
            drawn = fill.estate(block, part)
        elif what == "yard":
            drawn = fill.yard(block, part)
        elif what == "lanes":
            drawn = fill.lanes(block, part)
        elif what == "closes":
            drawn = fill.closes(block, part, gap_m * 2.15)
        else:
            drawn = fill.terraces(block, part, gap_m, gap_m * 2.0)
        streets += drawn
    forecourt = layout.station.buffer(4)
    clear = [
        replace(street, line=line)
        for street in streets
        for line in lines_of(shapely.difference(street.line, forecourt))
    ]
    return clear, parks


def _uses(
    layout: Layout, radius: NDArray[np.float64], area: NDArray[np.float64], rng: np.random.Generator
) -> list[str]:
    """Choose what each block is used for: old in the middle, winding at the edge, parks between."""
    closes = rng.random(len(radius)) < np.interp(radius, [500, 900, 1300], [0.0, 0.3, 0.85])
    use = np.where(closes, "closes", "terraces").astype(object)
    use[radius < 330] = "lanes"
    free = (radius > 420) & (radius < 1240) & (area > 35_000) & (area < 150_000)
    near_rail = np.array([block.distance(layout.rail) < 30 for block in layout.blocks])
    near_canal = np.array([block.distance(layout.canal) < 30 for block in layout.blocks])
    for what, where, n in (
        ("park", free & near_canal, 1),
        ("park", free & (radius > 600), 3),
        ("yard", free & near_rail & (radius > 800), 2),
        ("estate", free & (radius > 550) & (radius < 1350), 3),
    ):
        open_ = np.flatnonzero(where & ~np.isin(use.astype(str), ["park", "yard", "estate"]))
        taken = rng.permutation(open_)[:n]
        use[taken] = what
    return [str(what) for what in use]


def _station(layout: Layout) -> list[Street]:
    """Bus and rail station: a square for walkers, the bus stands beside it, a footbridge."""
    square = layout.station
    corners = shapely.get_coordinates(square)[:4]
    centre = corners.mean(axis=0)
    streets = [
        Street(LineString([*corners, corners[0]]), "pedestrian", "station"),
        Street(LineString([corners[0], centre, corners[2]]), "pedestrian", "station"),
        Street(LineString([corners[1], centre, corners[3]]), "pedestrian", "station"),
    ]
    along = (corners[1] - corners[0]) / np.hypot(*(corners[1] - corners[0]))
    across = (corners[2] - corners[1]) / np.hypot(*(corners[2] - corners[1]))
    # Away from the railway lies the town; the sign of `across` follows the corners.
    rail = layout.rail
    to_town = across if rail.distance(shapely.Point(centre + across * 40)) > 70 else -across
    for shift in (-26.0, 26.0):
        start = centre + along * shift + to_town * 30
        streets.append(Street(LineString([start, start + to_town * 55]), "service", "buses"))
    road = [centre - along * 210 + to_town * 42, centre + to_town * 30, centre + along * 240]
    streets.append(Street(LineString(road), "residential", "station_road"))
    over = LineString([centre - to_town * 25, centre - to_town * 150])
    return [*streets, Street(over, "footway", "platform")]


def _crossings(layout: Layout, inner: list[Street], rng: np.random.Generator) -> list[Street]:
    """Lay footbridges over the canal between the road bridges, and one subway under the railway."""
    streets = []
    roads = shapely.union_all([street.line for street in layout.mains])
    nearby = shapely.STRtree([street.line for street in inner])
    for line, kind, reach, n in (
        (layout.canal, "crossing", 105.0, 3),
        (layout.rail, "tunnel", 125.0, 1),
    ):
        taken: list[float] = []
        where = np.arange(900, line.length - 900, 15.0)
        points = shapely.line_interpolate_point(line, where)
        from_station = shapely.distance(points, layout.station)
        free = where[(shapely.distance(points, roads) > 75) & (from_station > 200)]
        middle = line.project(shapely.Point(0, 0))
        for at in sorted(free, key=lambda at: abs(at - middle) + rng.uniform(0, 300)):
            over = _across(line, float(at), reach)
            # On both banks a street must be met beyond the strip and the subway's mouth.
            banks = lines_of(shapely.difference(over, line.buffer(_MOUTH_M + 2)))
            joins = [len(nearby.query(bank, predicate="crosses")) > 0 for bank in banks]
            apart = all(abs(at - other) > 420 for other in taken)
            if len(taken) < n and apart and len(joins) == 2 and all(joins):
                taken.append(float(at))
                streets.append(Street(over, "footway", kind))
    return streets


def _across(line: LineString, at: float, reach_m: float) -> LineString:
    """Draw a straight line across another, as far to both sides."""
    near, far = line.interpolate(at - 1), line.interpolate(at + 1)
    across = np.array([near.y - far.y, far.x - near.x]) / 2
    foot = np.array(line.interpolate(at).coords[0])
    return LineString([foot - across * reach_m, foot + across * reach_m])


def _lift(street: Street, layout: Layout) -> list[Street]:
    """Split a street at canal and railway: the piece over it is a bridge and joins nothing."""
    strips: list[tuple[BaseGeometry, dict[str, str]]] = [
        (layout.canal_strip, {"bridge": "yes", "layer": "1"}),
        (layout.rail_strip, {"bridge": "yes", "layer": "1"}),
        (layout.bypass_strip, {"bridge": "yes", "layer": "1"}),
    ]
    if street.kind == "tunnel":
        strips = [(layout.rail.buffer(_MOUTH_M), {"tunnel": "yes", "layer": "-1"})]
    parts: list[Street] = []
    ground: BaseGeometry = street.line
    for strip, tags in strips:
        inside = shapely.intersection(street.line, strip)
        parts += [
            replace(street, line=line, tags={**street.tags, **tags}) for line in lines_of(inside)
        ]
        ground = shapely.difference(ground, strip)
    return [*(replace(street, line=line) for line in lines_of(ground)), *parts]


def _towpath(layout: Layout, streets: list[Street], rng: np.random.Generator) -> list[Street]:
    """Path beside the water, under every bridge, with a ramp or steps up at most of them."""
    town = layout.edge.buffer(250)
    path = shapely.intersection(layout.canal.parallel_offset(10, "left"), town)
    line = max(lines_of(path), key=lambda part: part.length)
    drawn = [Street(line, "path", "towpath", {"surface": "gravel"})]
    bank = layout.canal.parallel_offset(19, "left")
    for street in streets:
        if "bridge" not in street.tags or street.line.distance(layout.canal) > 1:
            continue
        ends = shapely.get_coordinates(street.line)[[0, -1]]
        top = min(ends, key=lambda end: bank.distance(shapely.Point(end)))
        at = line.project(shapely.Point(top)) + rng.choice([-1, 1]) * rng.uniform(24, 40)
        foot = line.interpolate(float(np.clip(at, 0, line.length)))
        steps = rng.random() < 0.4
        drawn.append(Street(LineString([top, foot]), "steps" if steps else "footway", "ramp"))
    bypass = Street(layout.bypass, "motorway", "bypass", {"oneway": "yes", "ref": "A999(M)"})
    return [*drawn, bypass]


def _named(streets: list[Street], namer: Namer) -> list[Street]:
    names: dict[bytes, str] = {}
    named = []
    for street in streets:
        tags = dict(street.tags)
        if "name" not in tags:
            tags["name"] = names.setdefault(street.line.wkb, namer.name(street.kind))
        named.append(replace(street, tags=tags))
    return named
