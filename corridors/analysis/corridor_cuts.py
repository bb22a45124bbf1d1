"""Which nodes a fractional corridor reaches without being connected to the gate.

A node can be reached no more than streets lead to it from the gate. The least cut between the two
shows where that is broken (Goemans and Myung 1993 call these generalised subtour constraints).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["broken_cuts", "far_sets"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class _Arcs(NamedTuple):
    """The arcs in use; those that touch node ``i`` are ``at[offset[i]:offset[i + 1]]``."""

    offset: IntArray
    at: IntArray
    tail: IntArray
    head: IntArray


SMALL = 1e-9
BROKEN = 1e-4
"""A cut is worth adding from here."""


@njit(cache=True)
def broken_cuts(
    tail: IntArray,
    head: IntArray,
    flow: FloatArray,
    n_nodes: int,
    max_cuts: int,
) -> tuple[IntArray, BoolArray]:
    """Find sets of nodes that are entered less than a node of theirs is reached.

    Parameters
    ----------
    tail, head, flow
        The arcs, and how far each is used, 0 to 1.
    n_nodes
        Node 0 is the gate.
    max_cuts
        At most so many sets.

    Returns
    -------
    tuple
        ``(k,)`` the node of each set, and ``(k, n_nodes)`` bool: the nodes of the set.
    """
    used = np.flatnonzero(flow > SMALL)
    reached = np.zeros(n_nodes)
    for arc in used:
        reached[head[arc]] += flow[arc]
    arcs = _by_node(tail[used], head[used], n_nodes)
    node, cut = np.zeros(max_cuts, np.int64), np.zeros((max_cuts, n_nodes), np.bool_)
    n = 0
    for target in np.argsort(-reached):
        if reached[target] <= BROKEN or n + 2 > max_cuts:
            break
        if target == 0:
            continue
        left = flow[used].copy()
        back = np.zeros(used.size)
        from_gate = np.zeros(n_nodes, np.bool_)
        through = 0.0
        while through < reached[target] - BROKEN:
            missing = reached[target] - through
            more = _push(arcs, left, back, target, missing, from_gate)
            if more <= SMALL:
                break
            through += more
        if through >= reached[target] - BROKEN:
            continue
        node[n], node[n + 1] = target, target
        cut[n] = ~from_gate
        _reaching(arcs, left, back, target, cut[n + 1])
        n += 1 if (cut[n] == cut[n + 1]).all() else 2
    return node[:n], cut[:n]


@njit(cache=True)
def _by_node(tail: IntArray, head: IntArray, n_nodes: int) -> _Arcs:
    """List the arcs that touch each node."""
    offset = np.zeros(n_nodes + 1, np.int64)
    for arc in range(tail.size):
        offset[tail[arc] + 1] += 1
        offset[head[arc] + 1] += 1
    offset = np.cumsum(offset)
    filled = offset[:-1].copy()
    at = np.zeros(2 * tail.size, np.int64)
    for arc in range(tail.size):
        for node in (tail[arc], head[arc]):
            at[filled[node]] = arc
            filled[node] += 1
    return _Arcs(offset, at, tail, head)


@njit(cache=True)
def _push(
    arcs: _Arcs,
    left: FloatArray,
    back: FloatArray,
    target: int,
    most: float,
    seen: BoolArray,
) -> float:
    """Send more flow from the gate to a node by a walk of fewest arcs; mark what was reached."""
    n_nodes = arcs.offset.size - 1
    via = np.full(n_nodes, -1, np.int64)
    queue = np.zeros(n_nodes, np.int64)
    seen[:] = False
    seen[0] = True
    n, at = 1, 0
    while at < n and not seen[target]:
        node = queue[at]
        at += 1
        for slot in range(arcs.offset[node], arcs.offset[node + 1]):
            arc = arcs.at[slot]
            end = arcs.head[arc] if arcs.tail[arc] == node else arcs.tail[arc]
            room = left[arc] if arcs.tail[arc] == node else back[arc]
            if room > SMALL and not seen[end]:
                seen[end] = True
                via[end] = arc
                queue[n] = end
                n += 1
    if not seen[target]:
        return 0.0
    more = most
    for is_sent in (False, True):
        node = target
        while node != 0:
            arc = via[node]
            is_forward = arcs.head[arc] == node
            if is_sent:
                left[arc] += -more if is_forward else more
                back[arc] += more if is_forward else -more
            else:
                more = min(more, left[arc] if is_forward else back[arc])
            node = arcs.tail[arc] if is_forward else arcs.head[arc]
    return more


@njit(cache=True)
def _reaching(
    arcs: _Arcs,
    left: FloatArray,
    back: FloatArray,
    target: int,
    seen: BoolArray,
) -> None:
    """Mark the nodes from which the node could still be sent more."""
    seen[:] = False
    seen[target] = True
    queue = np.zeros(arcs.offset.size - 1, np.int64)
    queue[0] = target
    n, at = 1, 0
    while at < n:
        node = queue[at]
        at += 1
        for slot in range(arcs.offset[node], arcs.offset[node + 1]):
            arc = arcs.at[slot]
            end = arcs.tail[arc] if arcs.head[arc] == node else arcs.head[arc]
            room = left[arc] if arcs.head[arc] == node else back[arc]
            if room > SMALL and not seen[end]:
                seen[end] = True
                queue[n] = end
                n += 1


@njit(cache=True)
def far_sets(
    tail: IntArray,
    head: IntArray,
    flow: FloatArray,
    used_m: FloatArray,
    distance_m: FloatArray,
    budget_m: float,
    max_sets: int,
) -> BoolArray:
    """Find far parts in which more is used than the way there leaves.

    Whoever enters a set of nodes over an arc has walked to its tail: of the budget no more is left
    for the segments that touch the set. So their length is at most the sum, over the arcs that
    enter it, of what each leaves. The sets tried are what hangs together beyond each distance.

    Parameters
    ----------
    tail, head, flow
        The arcs, one way after the other for each segment, and how far each is used, 0 to 1.
    used_m
        ``(m,)`` length of each segment that is used, closed loops among it.
    distance_m
        ``(n,)`` walk from the gate to each node.
    budget_m
        Of the corridor, without the gate's own segment.
    max_sets
        At most so many.

    Returns
    -------
    ``(k, n)`` bool
        The nodes of each set.
    """
    reached = np.zeros(distance_m.size)
    for arc in range(tail.size):
        reached[head[arc]] += flow[arc]
    nodes = np.flatnonzero(reached > BROKEN)
    order = nodes[np.argsort(-distance_m[nodes])]
    used = np.flatnonzero(used_m > SMALL)
    ways = np.flatnonzero(flow > SMALL)
    group = np.full(distance_m.size, -1, np.int64)
    found, over = np.zeros((max_sets, distance_m.size), np.bool_), np.zeros(max_sets)
    n = 0
    for far in order:
        node = int(far)
        if node == 0:
            continue
        _join_groups(tail, head, used, node, group)
        inside = group == group[node]
        excess = 0.0
        for segment in used:
            if inside[tail[segment]] or inside[head[segment]]:
                excess += used_m[segment]
        for way in ways:
            if inside[head[way]] and not inside[tail[way]]:
                excess -= (budget_m - distance_m[tail[way]]) * flow[way]
        slot = n if n < max_sets else int(np.argmin(over))
        if excess > max(BROKEN * budget_m, over[slot]):
            found[slot] = inside
            over[slot] = excess
            n = min(n + 1, max_sets)
    return found[:n]


@njit(cache=True)
def _join_groups(
    tail: IntArray, head: IntArray, used: IntArray, node: int, group: IntArray
) -> None:
    """Let what hangs together beyond a distance grow by the next node."""
    group[node] = node
    for segment in used:
        one, other = tail[segment], head[segment]
        if node in (one, other) and group[one] >= 0 and group[other] >= 0:
            group[group == group[one]] = group[other]
