"""Corridors of known strength: a way home from a gate, and what happens on it after the bell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from corridors.analysis.simulating import incident_table
from corridors.domain.network import StreetNetwork
from corridors.domain.vocabulary import PlacePrecision

__all__ = ["PLANTED_CATEGORIES", "WayFinder", "plant_incidents"]

PLANTED_CATEGORIES = {
    "violence": 0.35,
    "robbery": 0.25,
    "anti_social_behaviour": 0.2,
    "public_order": 0.1,
    "theft_from_person": 0.1,
}
"""Assumed: what happens to pupils on the way home, all of it reported."""

TASTE = 0.25
"""Nobody walks the very shortest way: each street seems up to this much longer to a group."""

LENGTH_TOLERANCE = 0.15
"""A planted way is this near, in parts of it, to the length that was asked for."""

N_TRIES = 200

CORNER_SHARE, N_CORNERS = 1 / 3, 3
"""Assumed: this share of the incidents happens at so many points of the way."""

AFTER_BELL_MIN = 120.0
"""Planted incidents begin within this time after the bell, most within the first hour."""

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class WayFinder:
    """Finds ways from a gate; made once for a network.

    Parameters
    ----------
    network
        The streets.
    is_open
        ``(n_segments,)`` where something may be planted.
    """

    network: StreetNetwork
    is_open: NDArray[np.bool_]

    def draw(
        self, gate_segment: int, length_m: float, rng: np.random.Generator
    ) -> NDArray[np.int32]:
        """Draw a connected way of about this length that begins with the gate's segment.

        Streets have random attractions here, so the way is near the shortest but need not be one.

        Returns
        -------
        ``(n,)`` int32
            Rows of the segments, from the gate on; empty where no such way exists.
        """
        network, real_m = self.network, self.network.length_m
        if gate_segment < 0 or not self.is_open[gate_segment]:
            return np.zeros(0, np.int32)
        seems_m = real_m * (1.0 + TASTE * rng.random(network.n_segments))
        ends = (int(network.u[gate_segment]), int(network.v[gate_segment]))
        rows = np.flatnonzero(self.is_open & (network.u != network.v))
        rows = rows[rows != gate_segment]
        # Of parallel segments the one that seems shortest: a sparse matrix would add them up.
        a = np.minimum(network.u[rows], network.v[rows]).astype(np.int64)
        key = a * network.n_nodes + np.maximum(network.u[rows], network.v[rows])
        rows = rows[np.lexsort((seems_m[rows], key))]
        key = np.minimum(network.u[rows], network.v[rows]).astype(np.int64) * network.n_nodes
        key += np.maximum(network.u[rows], network.v[rows])
        key, at = np.unique(key, return_index=True)
        rows = rows[at]
        graph = sparse.csr_matrix(
            (seems_m[rows], (network.u[rows], network.v[rows])),
            shape=(network.n_nodes, network.n_nodes),
        )
        limit = length_m * (1.0 + TASTE) * (1.0 + LENGTH_TOLERANCE)
        start = ends[int(rng.integers(2))]
        every, befores = dijkstra(
            graph, directed=False, indices=np.array([start]), return_predecessors=True, limit=limit
        )
        far, before = every[0], befores[0]
        # A way that comes back past the gate's other end would not be one way.
        reached = np.flatnonzero(np.isfinite(far) & (far >= 0.75 * length_m - real_m[gate_segment]))
        for end in rng.permutation(reached)[:N_TRIES]:
            nodes = _trace_back(before, int(end), start)
            low, high = np.minimum(nodes[1:], nodes[:-1]), np.maximum(nodes[1:], nodes[:-1])
            way = rows[np.searchsorted(key, low * network.n_nodes + high)]
            total_m = float(real_m[way].sum() + real_m[gate_segment])
            goes_back = ends[0] in nodes[1:] or ends[1] in nodes[1:]
            if abs(total_m / length_m - 1.0) <= LENGTH_TOLERANCE and not goes_back:
                return np.concatenate([[gate_segment], way]).astype(np.int32)
        return np.zeros(0, np.int32)


def _trace_back(before: NDArray[np.int32], end: int, start: int) -> IntArray:
    nodes = [end]
    while nodes[-1] != start:
        nodes.append(int(before[nodes[-1]]))
    return np.array(nodes[::-1], np.int64)


def plant_incidents(
    network: StreetNetwork,
    way: NDArray[np.int32],
    days: NDArray[np.datetime64],
    bells: tuple[time | None, ...],
    strength: int,
    timezone: str,
    coarse: tuple[FloatArray, str] | None,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Plant incidents on a way, all of them after the bell of a teaching day.

    Parameters
    ----------
    network, way
        The streets, and rows of the segments of the way.
    days, bells
        Teaching days to choose from, and the bell of Monday to Sunday.
    strength
        How many.
    timezone
        Of the bells.
    coarse
        ``(n, 2)`` points to which the source moves every place, and the precision that they have;
        None where places are exact.
    rng
        The draw's.

    Raises
    ------
    ValueError
        If there is no day or no way to plant on.
    """
    if days.size == 0 or way.size == 0 or strength < 1:
        raise ValueError("nothing to plant, no day to plant on, or no way")
    day = rng.choice(days, strength).astype("datetime64[D]")
    weekday = (day.astype(np.int64) + 3) % 7
    bell_min = np.array([0 if bell is None else 60 * bell.hour + bell.minute for bell in bells])
    minute = bell_min[weekday] + np.floor(AFTER_BELL_MIN * rng.beta(2.0, 2.5, strength))
    category = rng.choice(
        np.array(list(PLANTED_CATEGORIES), object), strength, p=list(PLANTED_CATEGORIES.values())
    )
    xy = _places_along(network, way, strength, rng)
    precision = str(PlacePrecision.EXACT)
    if coarse is not None:
        anchors, precision = coarse
        xy = anchors[KDTree(anchors).query(xy)[1]]
    return incident_table(
        day.astype("datetime64[s]") + minute.astype(np.int64).astype("timedelta64[m]"),
        np.zeros(strength, np.int64),
        timezone,
        category=category,
        is_discovered=np.zeros(strength, bool),
        xy=xy,
        precision=np.full(strength, precision, object),
    )


def _places_along(
    network: StreetNetwork, way: NDArray[np.int32], n: int, rng: np.random.Generator
) -> FloatArray:
    """Draw points along the way, a third of them at three corners."""
    edges_m = np.cumsum(network.length_m[way])
    along_m = rng.random(n) * edges_m[-1]
    corners_m = rng.random(N_CORNERS) * edges_m[-1]
    is_corner = rng.random(n) < CORNER_SHARE
    along_m = np.where(is_corner, rng.choice(corners_m, n), along_m)
    at = np.minimum(np.searchsorted(edges_m, along_m), way.size - 1)
    lines = network.segments.geometry.to_numpy()[way[at]]
    # Evenly within a segment, whichever way its geometry runs.
    share = (edges_m[at] - along_m) / network.length_m[way[at]]
    points = shapely.line_interpolate_point(lines, share, normalized=True)
    xy = shapely.get_coordinates(points)
    return np.asarray(xy + rng.normal(0, 2.0, xy.shape))
