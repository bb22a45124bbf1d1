"""Network kernel density without approximation: every path from every incident.

For one end of one street, all its incidents send the same paths, each from its own distance: the
kernel is a polynomial, so sums of powers of those distances stand in for the incidents. Paths that
reach the same end of the same street at the same length are one path with the sum of their parts
(walking to and fro in another order gives the same length). Lengths are whole numbers of 2**-40 of
the reach, so equal lengths are equal. What remains explodes on real streets with their metre-long
pieces: then this method says so, and `corridors.analysis.intensity` is the one to use.

Sources: Okabe and Sugihara (2012), Spatial Analysis along Networks, chapter 9; McSwiggan, Baddeley
and Nair (2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from corridors.analysis.intensity import check_weights
from corridors.analysis.kernels import too_many_paths
from corridors.analysis.path_kernels import follow_paths
from corridors.analysis.waves import Points, build_lines, check_points
from corridors.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MAX_PATHS", "exact_density", "exact_mass"]

MAX_PATHS = 30_000_000
"""Paths after which the exact method gives up: about half a minute of work."""


def exact_mass(  # noqa: PLR0913 -- the network, the incidents and the kernel
    u: ArrayLike,
    v: ArrayLike,
    length_m: ArrayLike,
    n_nodes: int,
    segment: ArrayLike,
    position_m: ArrayLike,
    weight: ArrayLike,
    *,
    bandwidth_m: float,
    kernel: str,
    continuous: bool = True,
    max_paths: int = MAX_PATHS,
) -> NDArray[np.float64]:
    """Integrate the network kernel density over each segment, exactly.

    Parameters
    ----------
    u, v, length_m, n_nodes, segment, position_m, weight, bandwidth_m, kernel, continuous
        As in `corridors.analysis.intensity.segment_mass`.
    max_paths
        Where to give up.

    Returns
    -------
    numpy.ndarray
        ``(n_segments,)`` mass, in units of weight.

    Raises
    ------
    BadInput
        The bandwidth, the kernel or a weight cannot be used, or the paths are too many.
    """
    nowhere = np.zeros(0)
    return _exact(
        (u, v, length_m, n_nodes), (segment, position_m, weight), (nowhere, nowhere),
        bandwidth_m, kernel, continuous=continuous, max_paths=max_paths,
    )[0]  # fmt: skip


def exact_density(  # noqa: PLR0913, PLR0917 -- the network, the incidents, the places and the kernel
    u: ArrayLike,
    v: ArrayLike,
    length_m: ArrayLike,
    n_nodes: int,
    segment: ArrayLike,
    position_m: ArrayLike,
    weight: ArrayLike,
    at_segment: ArrayLike,
    at_position_m: ArrayLike,
    *,
    bandwidth_m: float,
    kernel: str,
    continuous: bool = True,
    max_paths: int = MAX_PATHS,
) -> NDArray[np.float64]:
    """Give the network kernel density at places, exactly.

    Parameters
    ----------
    u, v, length_m, n_nodes, segment, position_m, weight, bandwidth_m, kernel, continuous
        As in `corridors.analysis.intensity.segment_mass`.
    at_segment, at_position_m
        ``(n_places,)`` where.
    max_paths
        Where to give up.

    Returns
    -------
    numpy.ndarray
        ``(n_places,)`` density, in units of weight per metre.

    Raises
    ------
    BadInput
        As in `exact_mass`.
    """
    return _exact(
        (u, v, length_m, n_nodes), (segment, position_m, weight), (at_segment, at_position_m),
        bandwidth_m, kernel, continuous=continuous, max_paths=max_paths,
    )[1]  # fmt: skip


def _exact(
    network: tuple[ArrayLike, ArrayLike, ArrayLike, int],
    events: tuple[ArrayLike, ArrayLike, ArrayLike],
    places: tuple[ArrayLike, ArrayLike],
    bandwidth_m: float,
    kernel: str,
    *,
    continuous: bool,
    max_paths: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    length = np.asarray(network[2], dtype=np.float64)
    points = check_points(events[0], events[1], length)
    weights = check_weights(events[2], len(points.segment))
    at = check_points(places[0], places[1], length)
    # Joining the ends of a piece without length changes nothing when continuous, only then.
    dot_m = bandwidth_m * 1e-9 if continuous else -1.0
    joined, moved = _without_dots(*network, [points, at], dot_m)
    kept = np.flatnonzero(joined[2] > dot_m)
    lines = build_lines(
        joined[0][kept], joined[1][kept], joined[2][kept], network[3],
        bandwidth_m=bandwidth_m, kernel=kernel, continuous=continuous,
    )  # fmt: skip
    number = np.full(len(length), -1, dtype=np.int32)
    number[kept] = np.arange(len(kept))
    mass = np.zeros(len(length))
    alone = number[moved[0].segment] < 0
    np.add.at(mass, moved[0].segment[alone], weights[alone])
    near_end = np.lexsort((moved[0].position_m, moved[0].segment))
    near_end = near_end[~alone[near_end]]
    sources = Points(
        number[moved[0].segment[near_end]], moved[0].position_m[near_end] / bandwidth_m
    )
    order = np.argsort(number[moved[1].segment], kind="stable")
    asked = Points(number[moved[1].segment[order]], moved[1].position_m[order] / bandwidth_m)
    mass_kept, value, n_paths = follow_paths(
        lines, joined[2][kept] / bandwidth_m, sources, weights[near_end], asked, max_paths
    )
    if n_paths > max_paths:
        raise BadInput(too_many_paths())
    mass[kept] += mass_kept
    density = np.zeros(len(order))
    density[order] = value / bandwidth_m
    return mass, density


def _without_dots(
    u: ArrayLike, v: ArrayLike, length_m: ArrayLike, n_nodes: int, where: list[Points], dot_m: float
) -> tuple[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]], list[Points]]:
    """Join the ends of segments without length, and move what lies on them to a neighbour."""
    ends = np.column_stack([np.asarray(u), np.asarray(v)]).astype(np.int32)
    length = np.array(length_m, dtype=np.float64)
    dot = length <= dot_m
    if not dot.any():
        return (ends[:, 0], ends[:, 1], length), where
    links = coo_matrix((np.ones(dot.sum()), ends[dot].T), shape=(n_nodes, n_nodes))
    ends = connected_components(links, directed=False)[1].astype(np.int32)[ends]
    length[dot] = 0.0
    neighbour = np.full(n_nodes, -1)
    real = np.flatnonzero(~dot)
    neighbour[ends[real].ravel()] = np.repeat(real, 2)
    moved = []
    for points in where:
        to = neighbour[ends[points.segment, 0]]
        move = dot[points.segment] & (to >= 0)
        at_v = ends[to, 0] != ends[points.segment, 0]
        moved.append(
            Points(
                np.where(move, to, points.segment).astype(np.int32),
                np.where(move, np.where(at_v, length[to], 0.0), points.position_m),
            )
        )
    return (ends[:, 0], ends[:, 1], length), moved
