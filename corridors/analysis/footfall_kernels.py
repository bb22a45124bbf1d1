"""Compiled loops behind `corridors.analysis.footfall`: walks to destinations, added up on the way.

Everything about one school is numbered by reach: nodes in the order in which they are reached,
segments in the order in which one of their ends is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]

__all__ = ["flow_from"]


@njit(cache=True, nogil=True)
def _mean_decay(length_m: float, decay_m: float) -> float:
    """Integrate exp(-x / decay) from 0 to a length, in metres."""
    return decay_m * -math.expm1(-length_m / decay_m)


@njit(cache=True, nogil=True)
def _spread(at_u_m: float, at_v_m: float, length_m: float, decay_m: float) -> tuple[float, float]:
    """Give what an even spread of 1 along a segment draws over its u and over its v.

    Each place on it is reached over the end that is nearer by walking.
    """
    if length_m <= 0:
        nearer = math.exp(-min(at_u_m, at_v_m) / decay_m)
        return (nearer, 0.0) if at_u_m <= at_v_m else (0.0, nearer)
    from_u_m = min(max((at_v_m - at_u_m + length_m) / 2, 0.0), length_m)
    over_u, over_v = 0.0, 0.0
    if from_u_m > 0:
        over_u = math.exp(-at_u_m / decay_m) * _mean_decay(from_u_m, decay_m) / length_m
    if from_u_m < length_m:
        rest = _mean_decay(length_m - from_u_m, decay_m) / length_m
        over_v = math.exp(-at_v_m / decay_m) * rest
    return over_u, over_v


@njit(cache=True, nogil=True)
def _reached(
    nodes: tuple[Ints, Floats],
    arcs: tuple[NDArray[np.int64], Ints, Ints, Floats],
    n_segments: int,
    gate_segment: int,
) -> tuple[Ints, Ints, Ints]:
    """Count nodes and segments as they are reached: give their numbers, and the segments."""
    node, _ = nodes
    offset, _, via, _ = arcs
    number_of_node = np.full(len(offset) - 1, -1, np.int32)
    number_of_segment = np.full(n_segments, -1, np.int32)
    most = 1
    for i in range(len(node)):
        number_of_node[node[i]] = i
        most += offset[node[i] + 1] - offset[node[i]]
    segment = np.empty(most, np.int32)
    segment[0], number_of_segment[gate_segment] = gate_segment, 0
    n = 1
    for i in range(len(node)):
        for arc in range(offset[node[i]], offset[node[i] + 1]):
            if number_of_segment[via[arc]] < 0:
                number_of_segment[via[arc]] = n
                segment[n] = via[arc]
                n += 1
    return number_of_node, number_of_segment, segment[:n].copy()


@njit(cache=True, nogil=True)
def _draw(
    segment: Ints,
    network: tuple[Ints, Ints, Floats],
    node_m: Floats,
    number_of_node: Ints,
    gate_m: float,
    points: tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats],
    spread: Floats,
    decay_m: Floats,
) -> Floats:
    """Give what each kind draws to each segment over its u and its v, before it is shared out.

    The gate's own segment (number 0) is walked along directly, and counts as over its u.
    """
    u, v, length_m = network
    offset, kind, position_m, weight = points
    n_kinds = len(decay_m)
    drawn = np.zeros((len(segment), n_kinds, 2))
    for i in range(len(segment)):
        row = segment[i]
        at_u = number_of_node[u[row]]
        at_v = number_of_node[v[row]]
        at_u_m = node_m[at_u] if at_u >= 0 else np.inf
        at_v_m = node_m[at_v] if at_v >= 0 else np.inf
        long_m = length_m[row]
        done_m, over_u, over_v = -1.0, 0.0, 0.0
        for k in range(n_kinds):
            if spread[row, k] <= 0:
                continue
            if decay_m[k] != done_m:  # kinds with one decay share the work
                done_m = decay_m[k]
                if i > 0:
                    over_u, over_v = _spread(at_u_m, at_v_m, long_m, done_m)
                else:
                    over_u = _mean_decay(gate_m, done_m) + _mean_decay(long_m - gate_m, done_m)
                    over_u = over_u / long_m if long_m > 0 else 1.0
            drawn[i, k, 0] += spread[row, k] * over_u
            drawn[i, k, 1] += spread[row, k] * over_v
        for j in range(offset[row], offset[row + 1]):
            k = kind[j]
            if i == 0:
                walk_m, side = abs(position_m[j] - gate_m), 0
            else:
                over_u_m = at_u_m + position_m[j]
                over_v_m = at_v_m + long_m - position_m[j]
                walk_m, side = (over_u_m, 0) if over_u_m <= over_v_m else (over_v_m, 1)
            drawn[i, k, side] += weight[j] * math.exp(-walk_m / decay_m[k])
    return drawn


@njit(cache=True, nogil=True)
def _share_out(drawn: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Split the pupils over the kinds; a kind that draws nobody leaves its share to the last.

    Returns the share of the pupils that ends on each segment over its u and its v, and how the
    pupils were split.
    """
    n_kinds = len(share)
    used = share.copy()
    total = np.zeros(n_kinds)
    for i in range(len(drawn)):
        for k in range(n_kinds):
            total[k] += drawn[i, k, 0] + drawn[i, k, 1]
    for k in range(n_kinds - 1):
        if total[k] <= 0:
            used[n_kinds - 1] += used[k]
            used[k] = 0.0
    ending = np.zeros((len(drawn), 2))
    if total[n_kinds - 1] <= 0:
        ending[0, 0] = used[n_kinds - 1]
    for k in range(n_kinds):
        if total[k] > 0 and used[k] > 0:
            each = used[k] / total[k]
            for i in range(len(drawn)):
                ending[i, 0] += drawn[i, k, 0] * each
                ending[i, 1] += drawn[i, k, 1] * each
    return ending, used


@njit(cache=True, nogil=True)
def _leads_to(
    i: int,
    nodes: tuple[Ints, Floats],
    arcs: tuple[NDArray[np.int64], Ints, Ints, Floats],
    number_of_node: Ints,
) -> tuple[int, int]:
    """Give the node before a node on its shortest walk, and the segment between them.

    Of equal walks the one over the nearer node counts, then the one over the earlier segment.
    """
    node, node_m = nodes
    offset, neighbour, via, arc_m = arcs
    before, over = -1, -1
    for arc in range(offset[node[i]], offset[node[i] + 1]):
        j = number_of_node[neighbour[arc]]
        # The same sum as in the walk itself, so it is the same number to the last bit.
        if 0 <= j < i and node_m[j] + arc_m[arc] == node_m[i]:
            is_first = before < 0 or node_m[j] < node_m[before]
            if is_first or (node_m[j] == node_m[before] and via[arc] < over):
                before, over = j, via[arc]
    return before, over


@njit(cache=True, nogil=True)
def flow_from(
    gate: tuple[int, float],
    nodes: tuple[Ints, Floats],
    network: tuple[Ints, Ints, Floats],
    arcs: tuple[NDArray[np.int64], Ints, Ints, Floats],
    points: tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats],
    spread: Floats,
    decay_m: Floats,
    share: Floats,
) -> tuple[Ints, Floats, Floats, Ints, Floats]:
    """Walk the pupils of one school to their destinations.

    Parameters
    ----------
    gate
        Where the gate is: row of the segment, metres from its u.
    nodes
        Nodes within reach, nearest first, and their walk in metres.
    network
        Nodes u and v of each segment, and its length in metres.
    arcs
        Offsets of each node's arcs; node at the other end, segment and length of each.
    points
        Offsets of each segment's points; kind, metres from u and weight of each.
    spread
        ``(n_segments, n_kinds)`` weight that is spread along each segment.
    decay_m, share
        ``(n_kinds,)`` how fast a kind draws less, and what share of the pupils it draws; the last
        kind takes what the others leave.

    Returns
    -------
    tuple
        Segments within reach, the gate's first; the share of the pupils that walks through each
        to its far end; ``(n, 2)`` the share that ends on it, come over its u and its v; the node
        to which those walk through who do, or -1; and how the pupils were split over the kinds.
    """
    gate_segment, gate_m = gate
    u, v, length_m = network
    node, node_m = nodes
    number_of_node, number_of_segment, segment = _reached(nodes, arcs, len(length_m), gate_segment)
    drawn = _draw(segment, network, node_m, number_of_node, gate_m, points, spread, decay_m)
    ending, used = _share_out(drawn, share)
    at_node = np.zeros(len(node))
    for i in range(1, len(segment)):
        if ending[i, 0] > 0:
            at_node[number_of_node[u[segment[i]]]] += ending[i, 0]
        if ending[i, 1] > 0:
            at_node[number_of_node[v[segment[i]]]] += ending[i, 1]
    through = np.zeros(len(segment))
    into = np.full(len(segment), -1, np.int32)
    to_v_m = length_m[gate_segment] - gate_m
    for i in range(len(node) - 1, -1, -1):
        is_u = node[i] == u[gate_segment] and node_m[i] == gate_m
        is_v = node[i] == v[gate_segment] and node_m[i] == to_v_m
        if is_u or is_v:
            through[0] += at_node[i]
            continue
        before, over = _leads_to(i, nodes, arcs, number_of_node)
        number = number_of_segment[over]
        through[number] += at_node[i]
        into[number] = node[i]
        at_node[before] += at_node[i]
    return segment, through, ending, into, used
