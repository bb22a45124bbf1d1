"""Map pages of a generated town: bytes, gzip bytes and seconds, against a stock Folium layer.

Run: ``python -m benchmarks.maps [n_segments]``
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import folium
import geopandas as gpd
import numpy as np
import shapely

from corridors.domain.network import StreetNetwork
from corridors.outputs.maps import draw_internal_map, draw_public_map
from corridors.outputs.release import release_plan
from tests.toy import ORIGIN, TOY_CRS, toy_aims, toy_plan, toy_roles

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SPACING_M = 70.0
WORDS = ("Mill", "Canal", "Quarry", "Church", "Station", "Orchard", "Market", "Abbey", "Ferry")


def generated_town(n_segments: int, seed: int = 0) -> StreetNetwork:
    """Build a bent grid of about ``n_segments`` segments, each with three to six vertices."""
    rng = np.random.default_rng(seed)
    side = max(3, round(np.sqrt(n_segments / 2)))
    row, column = np.divmod(np.arange(side * side), side)
    node_xy = np.column_stack([column, row]) * SPACING_M + rng.normal(0, 14, (side * side, 2))
    node_xy += 40.0 * np.sin(node_xy[:, ::-1] / 400.0) + ORIGIN
    right, up = np.flatnonzero(column < side - 1), np.flatnonzero(row < side - 1)
    u, v = np.concatenate([right, up]), np.concatenate([right + 1, up + side])
    street = np.concatenate([row[right], side + column[up]])
    keep = rng.random(len(u)) > 0.04
    u, v, street = u[keep], v[keep], street[keep]
    n = len(u)
    n_bends = rng.integers(1, 5, n)
    segment = np.repeat(np.arange(n), n_bends + 2)
    nth = np.arange(len(segment)) - np.repeat(np.cumsum(n_bends + 2) - n_bends - 2, n_bends + 2)
    t = (nth / (n_bends[segment] + 1.0))[:, None]
    xy = node_xy[u[segment]] * (1 - t) + node_xy[v[segment]] * t
    xy += rng.normal(0, 2.5, xy.shape) * np.where((t > 0) & (t < 1), 1.0, 0.0)
    lines = shapely.linestrings(xy, indices=segment)
    kinds = np.where(
        street % 9 == 0, "primary", np.where(street % 7 == 0, "footway", "residential")
    )
    names = [f"{WORDS[one % 9]} {'Street' if one % 2 else 'Road'} {one}" for one in street]
    table = gpd.GeoDataFrame(
        {
            "segment_id": [f"g{one:06d}" for one in range(n)],
            "u": u.astype(np.int32),
            "v": v.astype(np.int32),
            "length_m": shapely.length(lines),
            "name": names,
            "highway": kinds,
            "layer": np.zeros(n, np.int32),
            "bridge": np.zeros(n, bool),
            "tunnel": np.zeros(n, bool),
            "component": np.zeros(n, np.int32),
        },
        geometry=lines,
        crs=TOY_CRS,
    )
    return StreetNetwork(table, node_xy, TOY_CRS)


def _timed(label: str, draw: Callable[[], str]) -> str:
    started = time.perf_counter()
    page = draw()
    seconds = time.perf_counter() - started
    raw = page.encode()
    packed = len(gzip.compress(raw, 6, mtime=0))
    print(f"{label:34s} {len(raw) / 1e6:7.2f} MB  {packed / 1e6:6.2f} MB gzip  {seconds:6.2f} s")
    return page


def field(network: StreetNetwork) -> NDArray[np.float64]:
    """Give smooth intensities with two hills."""
    middle = shapely.get_coordinates(network.segments.geometry.interpolate(0.5, normalized=True))
    low, high = middle.min(axis=0), middle.max(axis=0)
    hills = low + (high - low) * np.array([[0.3, 0.6], [0.7, 0.35]])
    away = ((middle[:, None] - hills) ** 2).sum(axis=2)
    reach = 0.04 * ((high - low) ** 2).sum()
    return np.exp(-away / reach).sum(axis=1) * 8.0


def main(n_segments: int) -> None:
    """Print the table."""
    network = generated_town(n_segments)
    n = network.n_segments
    intensity = field(network)
    covered = np.arange(n) > n // 12
    ids = tuple(network.segments["segment_id"].iloc[:6])
    toy = toy_plan()
    corridors = tuple(replace(one, segment_ids=ids, walk=ids) for one in toy.corridors)
    plan = replace(toy, basis="all_hours", corridors=corridors, candidates=())
    gates = {"T1": (float(network.node_xy[0, 0]), float(network.node_xy[0, 1]))}
    started = time.perf_counter()
    released = release_plan(
        plan,
        network,
        gates,
        toy_roles(),
        toy_aims(),
        segment_intensity=intensity,
        segment_support=intensity * 20,
        covered=covered,
        crs=TOY_CRS,
    )
    print(f"{n:,} segments; released in {time.perf_counter() - started:.2f} s")
    public = _timed("public page", lambda: draw_public_map(released))
    internal = _timed(
        "internal page, ten bands",
        lambda: draw_internal_map(
            plan,
            network,
            gates,
            segment_intensity=intensity,
            covered=covered,
            crs=TOY_CRS,
            released=released,
        ),
    )
    degrees = network.segments[["geometry", "length_m"]].to_crs("EPSG:4326")

    def stock() -> str:
        the_map = folium.Map(location=[50.7, -5.5], tiles=None)
        folium.GeoJson(json.loads(degrees.to_json())).add_to(the_map)
        return str(the_map.get_root().render())

    _timed("stock Folium, GeoJson layer", stock)
    if len(sys.argv) > 2:
        for name, page in (("public", public), ("internal", internal)):
            with open(f"{sys.argv[2]}/{name}.html", "w", encoding="utf-8") as file:  # noqa: PTH123
                file.write(page)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25_000)
