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

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from corridors.analysis.intensity import check_weights
from corridors.analysis.kernels import unit_cumulative, unit_density
from corridors.analysis.waves import Lines, Points, build_lines, check_points
from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MAX_PATHS", "exact_density", "exact_mass"]

MAX_PATHS = 30_000_000
"""Paths after which the exact method gives up: about half a minute of work."""

_GRID = 1 << 40
_PORT_BITS = 22
_DENSITY = np.array([[0.75, 0, -0.75, 0, 0, 0], [0.9375, 0, -1.875, 0, 0.9375, 0]])
"""Coefficients of each kernel of reach 1, by power of the distance."""
_TAIL = np.array([[0.5, -0.75, 0, 0.25, 0, 0], [0.5, -0.9375, 0, 0.625, 0, -0.1875]])
"""The same of its mass beyond a distance."""


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
    mass_kept, value, n_paths = _all_sources(
        lines, joined[2][kept] / bandwidth_m, sources, weights[near_end], asked, max_paths
    )
    if n_paths > max_paths:
        raise BadInput(
            Problem(
                "parameters.bandwidth_m",
                "this network has too many paths within it for the exact method.",
                "Use the fast method or a shorter bandwidth.",
            )
        )
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


class _Heap(NamedTuple):
    """Paths by length: a key is length and port in one number."""

    key: NDArray[np.int64]
    amount: NDArray[np.float64]


@njit(cache=True, nogil=True)
def _push(heap: _Heap, n: int, key: int, amount: float) -> None:
    """Put a path in its place among the first n."""
    k = n
    while k > 0:
        above = (k - 1) >> 1
        if heap.key[above] <= key:
            break
        heap.key[k], heap.amount[k] = heap.key[above], heap.amount[above]
        k = above
    heap.key[k], heap.amount[k] = key, amount


@njit(cache=True, nogil=True)
def _pop(heap: _Heap, n: int) -> None:
    """Take the shortest path off the first n."""
    key, amount = heap.key[n - 1], heap.amount[n - 1]
    k = 0
    while 2 * k + 1 < n - 1:
        below = 2 * k + 1
        if below + 1 < n - 1 and heap.key[below + 1] < heap.key[below]:
            below += 1
        if key <= heap.key[below]:
            break
        heap.key[k], heap.amount[k] = heap.key[below], heap.amount[below]
        k = below
    heap.key[k], heap.amount[k] = key, amount


@njit(cache=True, nogil=True)
def _powers(distance: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum weight times the powers 0 to 5 of the distance, over the first k incidents, for all k."""
    sums = np.zeros((len(distance) + 1, 6))
    for k in range(len(distance)):
        power = weight[k]
        for m in range(6):
            sums[k + 1, m] = sums[k, m] + power
            power *= distance[k]
    return sums


@njit(cache=True, nogil=True)
def _summed(
    polynomial: NDArray[np.float64],
    distance: NDArray[np.float64],
    sums: NDArray[np.float64],
    beyond: float,
) -> float:
    """Sum a polynomial at distance + beyond over the incidents that still reach there."""
    k = np.searchsorted(distance, 1.0 - beyond)
    if k == 0:
        return 0.0
    shifted = polynomial.copy()
    for low in range(5):
        for m in range(4, low - 1, -1):
            shifted[m] += beyond * shifted[m + 1]
    return float((shifted * sums[k]).sum())


@njit(cache=True, nogil=True)
def _all_sources(
    lines: Lines,
    length: NDArray[np.float64],
    sources: Points,
    weight: NDArray[np.float64],
    asked: Points,
    max_paths: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Follow the paths from both ends of every segment that has incidents; unit is the reach."""
    mass, value = np.zeros(len(length)), np.zeros(len(asked.segment))
    asked_at = np.searchsorted(asked.segment, np.arange(len(length) + 1))
    n_paths, begin = 0, 0
    heap = _Heap(np.zeros(1024, dtype=np.int64), np.zeros(1024))
    while begin < len(weight) and n_paths <= max_paths:
        i, end = sources.segment[begin], begin
        while end < len(weight) and sources.segment[end] == i:
            at, w = sources.position_m[end], weight[end]
            mass[i] += w * unit_cumulative(lines.code, at)
            mass[i] += w * unit_cumulative(lines.code, length[i] - at)
            for k in range(asked_at[i], asked_at[i + 1]):
                value[k] += w * unit_density(lines.code, abs(asked.position_m[k] - at))
            end += 1
        for back in range(2):
            distance, of = sources.position_m[begin:end].copy(), weight[begin:end]
            if not back:
                distance, of = (length[i] - distance)[::-1].copy(), of[::-1]
            port = lines.port[2 * i + back]
            sums = _powers(distance, of.copy())
            heap, n_paths = _one_source(
                lines, length, port, distance, sums, asked, asked_at, mass, value, heap,
                n_paths, max_paths,
            )  # fmt: skip
        begin = end
    return mass, value, n_paths


@njit(cache=True, nogil=True)
def _one_source(  # noqa: PLR0913, PLR0917 -- compiled code
    lines: Lines,
    length: NDArray[np.float64],
    start: int,
    distance: NDArray[np.float64],
    sums: NDArray[np.float64],
    asked: Points,
    asked_at: NDArray[np.int64],
    mass: NDArray[np.float64],
    value: NDArray[np.float64],
    heap: _Heap,
    n_paths: int,
    max_paths: int,
) -> tuple[_Heap, int]:
    """Follow the paths that arrive at one port, shortest first."""
    tail, density = _TAIL[lines.code], _DENSITY[lines.code]
    n, heap.key[0], heap.amount[0] = 1, start, 1.0
    reach = (1.0 - distance[0]) * _GRID
    while n > 0 and n_paths <= max_paths:
        key, amount = heap.key[0], 0.0
        while n > 0 and heap.key[0] == key:
            amount += heap.amount[0]
            _pop(heap, n)
            n -= 1
        n_paths += 1
        whole, port = key >> _PORT_BITS, key & ((1 << _PORT_BITS) - 1)
        if whole >= reach or amount == 0.0:
            continue
        node, gone = lines.node[port], whole / _GRID
        entering = _summed(tail, distance, sums, gone)
        first, last = lines.first[node], lines.first[node + 1]
        if n + last - first > len(heap.key):
            heap = _Heap(
                np.concatenate((heap.key, np.zeros_like(heap.key))),
                np.concatenate((heap.amount, np.zeros_like(heap.amount))),
            )
        for out in range(first, last):
            part = amount * (lines.spread[node] - (lines.echo[node] if out == port else 0.0))
            if part == 0.0:
                continue
            i = lines.segment[out]
            far = whole + max(1, np.int64(np.rint(length[i] * _GRID)))
            mass[i] += part * (entering - _summed(tail, distance, sums, gone + length[i]))
            from_v = lines.port[2 * i] == out
            for k in range(asked_at[i], asked_at[i + 1]):
                at = length[i] - asked.position_m[k] if from_v else asked.position_m[k]
                value[k] += part * _summed(density, distance, sums, gone + at)
            if far < reach:
                _push(heap, n, (far << _PORT_BITS) | np.int64(lines.partner[out]), part)
                n += 1
    return heap, n_paths
