"""Compiled: every branch of every path from the incidents of each street, depth first.

Exact, and on tidy streets faster than waves. Paths are followed one by one, none are merged: on
streets with metre-long pieces their number explodes, so the work is bounded and the caller told.
Arrays are taken out of their tuples before the loops: within, compiled code would count references
at every use, which costs ten times the arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from corridors.analysis.kernels import unit_cumulative
from corridors.analysis.knots import grouped

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["follow_branches"]

_FEW = 4
"""So many incidents of a street are added one by one; of more, the powers of their distances."""
_LINE = 4096
"""Paths that can wait to be followed: more are too many anyway."""
_SAMPLE = 64
"""So many ends of streets tell how many paths there are; fewer are followed at once."""
_TAIL = np.array([[0.5, -0.75, 0, 0.25, 0, 0], [0.5, -0.9375, 0, 0.625, 0, -0.1875]])
"""Mass of each kernel of reach 1 beyond a distance: coefficients by power of the distance."""


class _Ports(NamedTuple):
    """Ends of segments at nodes, those of a node together; lengths in reaches of the kernel."""

    of_end: NDArray[np.int32]
    """``(2 n_segments,)`` port of the end v, then of the end u, of each segment."""
    low: NDArray[np.int32]
    """``(n_ports,)`` where the ports of its node begin."""
    high: NDArray[np.int32]
    """``(n_ports,)`` where they end."""
    partner: NDArray[np.int32]
    """``(n_ports,)`` the port at the other end of the segment."""
    segment: NDArray[np.int32]
    """``(n_ports,)``"""
    length: NDArray[np.float64]
    """``(n_ports,)``"""
    on: NDArray[np.float64]
    """``(n_ports,)`` the part of what comes in here that goes out of each other port."""
    back: NDArray[np.float64]
    """``(n_ports,)`` the part that goes back."""
    code: int
    """The kernel, as compiled code knows it."""


class _Sources(NamedTuple):
    """Incidents as they are seen from each end of their segments, the nearest first."""

    port: NDArray[np.int32]
    """``(n_sources,)``"""
    first: NDArray[np.int64]
    """``(n_sources + 1,)`` where the incidents of each begin."""
    distance: NDArray[np.float64]
    """``(2 n_points,)`` in reaches of the kernel."""
    weight: NDArray[np.float64]
    """``(2 n_points,)``"""


@njit(cache=True, nogil=True)
def _open_ports(
    ends: NDArray[np.int32],
    length: NDArray[np.float64],
    n_nodes: int,
    continuous: bool,  # noqa: FBT001 -- compiled code
    code: int,
) -> _Ports:
    """Sort the ends of ``(n_segments, 2)`` segments, v first, by node."""
    head = ends.ravel()
    n_ports = len(head)
    first, end = grouped(head, np.arange(n_ports).astype(np.int32), n_nodes)
    ports = _Ports(
        np.empty(n_ports, np.int32),
        np.empty(n_ports, np.int32),
        np.empty(n_ports, np.int32),
        np.empty(n_ports, np.int32),
        np.empty(n_ports, np.int32),
        np.empty(n_ports),
        np.empty(n_ports),
        np.empty(n_ports),
        code,
    )
    of_end, low, high = ports.of_end, ports.low, ports.high
    for port in range(n_ports):
        of_end[end[port]] = port
    for port in range(n_ports):
        node = head[end[port]]
        degree = first[node + 1] - first[node]
        low[port], high[port] = first[node], first[node + 1]
        ports.partner[port] = of_end[end[port] ^ 1]
        ports.segment[port] = end[port] >> 1
        ports.length[port] = length[end[port] >> 1]
        if continuous:
            ports.on[port], ports.back[port] = 2.0 / degree, 2.0 / degree - 1.0
        else:
            ports.on[port] = 1.0 / (degree - 1) if degree > 1 else 0.0
            ports.back[port] = 0.0
    return ports


@njit(cache=True, nogil=True)
def _gather_sources(
    ports: _Ports,
    segment: NDArray[np.int32],
    position: NDArray[np.float64],
    weight: NDArray[np.float64],
    length: NDArray[np.float64],
) -> _Sources:
    """Sort incidents by segment and by distance from either end, all in reaches of the kernel."""
    begin, order = grouped(segment, np.arange(len(segment)).astype(np.int32), len(length))
    held = np.flatnonzero(begin[1:] > begin[:-1])
    first = np.empty(2 * len(held) + 1, dtype=np.int64)
    port = np.empty(2 * len(held), dtype=np.int32)
    distance, weights = np.empty(2 * len(order)), np.empty(2 * len(order))
    at = 0
    for k in range(len(held)):
        i = held[k]
        low, high = begin[i], begin[i + 1]
        if high - low > 1:
            order[low:high] = order[low:high][np.argsort(position[order[low:high]])]
        port[2 * k], port[2 * k + 1] = ports.of_end[2 * i], ports.of_end[2 * i + 1]
        first[2 * k], first[2 * k + 1] = at, at + high - low
        for n in range(high - low):
            near_v, near_u = order[high - 1 - n], order[low + n]
            distance[at + n] = length[i] - position[near_v]
            distance[at + high - low + n] = position[near_u]
            weights[at + n], weights[at + high - low + n] = weight[near_v], weight[near_u]
        at += 2 * (high - low)
    first[2 * len(held)] = at
    return _Sources(port, first, distance, weights)


@njit(cache=True, nogil=True)
def _sample_sources(
    ports: _Ports,
    segment: NDArray[np.int32],
    position: NDArray[np.float64],
    length: NDArray[np.float64],
) -> tuple[_Sources, int]:
    """Give some ends with the nearest incident of each, and how many ends each stands for."""
    low, high = np.full(len(length), np.inf), np.full(len(length), -np.inf)
    for k in range(len(segment)):
        low[segment[k]] = min(low[segment[k]], position[k])
        high[segment[k]] = max(high[segment[k]], position[k])
    held = np.flatnonzero(low < np.inf)
    every = max(2 * len(held) // _SAMPLE, 1)
    port = np.empty(2 * len(held) // every + 1, dtype=np.int32)
    distance, n = np.empty(len(port)), 0
    for k in range(0, len(held), every):
        i = held[k]
        # either end of a street has its turn
        at_u = n % 2 == 1
        port[n] = ports.of_end[2 * i + at_u]
        distance[n] = low[i] if at_u else length[i] - high[i]
        n += 1
    first = np.arange(n + 1)
    return _Sources(port[:n], first, distance[:n], np.ones(n)), 2 * every


@njit(cache=True, nogil=True)
def _sum_powers(
    sums: NDArray[np.float64],
    distance: NDArray[np.float64],
    weight: NDArray[np.float64],
    low: int,
    high: int,
) -> None:
    """Sum weight times the powers 0 to 5 of the distance, over the first k incidents, for all k."""
    for k in range(high - low):
        power = weight[low + k]
        for m in range(6):
            sums[k + 1, m] = sums[k, m] + power
            power *= distance[low + k]


@njit(cache=True, nogil=True)
def _left(code: int, distance: float) -> float:
    """Give the mass of a kernel of reach 1 beyond a distance of 0 or more."""
    if distance >= 1.0:
        return 0.0
    square = distance * distance
    if code == 0:
        return 0.5 - distance * (0.75 - 0.25 * square)
    return 0.5 - distance * (0.9375 + square * (-0.625 + 0.1875 * square))


@njit(cache=True, nogil=True)
def _many_left(
    code: int, distance: NDArray[np.float64], sums: NDArray[np.float64], gone: float
) -> float:
    """Sum the mass that many incidents have left so far beyond their end."""
    n, degree, total = np.searchsorted(distance, 1.0 - gone), 3 if code == 0 else 5, 0.0
    # the polynomial moved by what is gone, a power at a time
    for m in range(degree + 1):
        moved = _TAIL[code, degree]
        for k in range(degree - 1, m - 1, -1):
            moved = moved * gone * (k + 1) / (k + 1 - m) + _TAIL[code, k]
        total += moved * sums[n, m]
    return total


@njit(cache=True, nogil=True)
def _follow(  # noqa: C901, PLR0912 -- a call inside the loops would cost more than they do
    ports: _Ports, sources: _Sources, mass: NDArray[np.float64], limit: int
) -> int:
    """Follow all paths from every source; count the streets entered, and give up.

    Parameters
    ----------
    ports, sources
        The network and the incidents.
    mass
        ``(n_segments,)`` what the paths leave on other streets, and on their own by coming back,
        is added to it; or empty, to count alone.
    limit
        Streets entered after which to give up.

    Returns
    -------
    int
        Streets entered by a path; over ``limit`` when given up, and ``mass`` is not whole.
    """
    low_of, high_of, partner, segment = ports.low, ports.high, ports.partner, ports.segment
    length, on_of, back_of, code = ports.length, ports.on, ports.back, ports.code
    distance, weight, first = sources.distance, sources.weight, sources.first
    line, way, part, spent = (
        np.empty(_LINE, np.int32),
        np.empty(_LINE),
        np.empty(_LINE),
        np.empty(_LINE),
    )
    most = (first[1:] - first[:-1]).max() if len(first) > 1 else 0
    sums = np.zeros((most + 1, 6))
    n_entered, is_mass = 0, len(mass) > 0
    for source in range(len(sources.port)):
        low, high = first[source], first[source + 1]
        reach, left = 1.0 - distance[low], 0.0
        if reach <= 0.0:
            continue
        if is_mass:
            if high - low > _FEW:
                _sum_powers(sums, distance, weight, low, high)
            for k in range(low, high):
                left += weight[k] * _left(code, distance[k])
        line[0], way[0], part[0], spent[0], n = sources.port[source], 0.0, 1.0, left, 1
        while n > 0:
            n -= 1
            came, gone, amount, left = line[n], way[n], part[n], spent[n]
            on, back = amount * on_of[came], amount * back_of[came]
            n_entered += high_of[came] - low_of[came]
            if n_entered > limit or n + high_of[came] - low_of[came] > _LINE:
                return max(n_entered, limit + 1)
            for out in range(low_of[came], high_of[came]):
                given, far = back if out == came else on, gone + length[out]
                if given == 0.0:
                    continue
                beyond = 0.0
                if is_mass:
                    if far < reach and high - low > _FEW:
                        beyond = _many_left(code, distance[low:high], sums, far)
                    elif far < reach:
                        for k in range(low, high):
                            beyond += weight[k] * _left(code, far + distance[k])
                    mass[segment[out]] += given * (left - beyond)
                if far < reach:
                    line[n], way[n], part[n], spent[n] = partner[out], far, given, beyond
                    n += 1
    return n_entered


@njit(cache=True, nogil=True)
def follow_branches(  # noqa: PLR0913, PLR0917 -- compiled code
    ends: NDArray[np.int32],
    length: NDArray[np.float64],
    n_nodes: int,
    continuous: bool,  # noqa: FBT001
    code: int,
    segment: NDArray[np.int32],
    position: NDArray[np.float64],
    weight: NDArray[np.float64],
    limit: int,
) -> tuple[NDArray[np.float64], int]:
    """Integrate the density of weighted incidents over each segment by following every path.

    Parameters
    ----------
    ends, length, n_nodes
        ``(n_segments, 2)`` nodes, v first, and ``(n_segments,)`` lengths in reaches of the kernel.
    continuous, code
        Equal-split continuous or discontinuous; the kernel.
    segment, position, weight
        ``(n_points,)`` incidents; positions in reaches from u.
    limit
        Streets entered after which to give up. A sample of the ends tells first.

    Returns
    -------
    mass, n_entered
        ``(n_segments,)``, and how often paths entered a street: over the limit when given up, and
        the mass is not whole.
    """
    ports = _open_ports(ends, length, n_nodes, continuous, code)
    mass = np.zeros(len(length))
    if len(segment) > 2 * _SAMPLE:
        sample, stands_for = _sample_sources(ports, segment, position, length)
        counted = _follow(ports, sample, np.zeros(0), limit // stands_for)
        if counted * stands_for > limit:
            return mass, counted * stands_for
    sources = _gather_sources(ports, segment, position, weight, length)
    for k in range(len(segment)):
        i, at = segment[k], position[k]
        mass[i] += weight[k] * unit_cumulative(code, at)
        mass[i] += weight[k] * unit_cumulative(code, length[i] - at)
    return mass, _follow(ports, sources, mass, limit)
