"""Growing a corridor on the street graph: the best further branch, and branches until it is full.

A branch is a walk over streets not yet chosen that begins on the corridor. It visits no junction
twice, except that it may end where it, or the corridor, has been: that closes a loop.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Labels", "Streets", "branches_of", "fill_up", "grow_labels", "make_labels"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MAX_LABELS = 120_000
"""Walks remembered at once; beyond it the search for a branch is cut short."""
GAIN = 1e-12
"""Relative: less than this is no gain."""


class Streets(NamedTuple):
    """The streets around a gate as arrays: ``m`` segments without the gate's own, ``n`` nodes.

    Both ends of the gate's own segment are node 0. The arcs of node ``i`` are ``offset[i]`` to
    ``offset[i + 1]``: the node at the other end and the segment.
    """

    u: IntArray
    v: IntArray
    length_m: FloatArray
    prize: FloatArray
    offset: IntArray
    neighbour: IntArray
    via: IntArray


class Labels(NamedTuple):
    """Walks under way: where they end, length, prize, the walk before, its last segment.

    ``best`` ``(n, n_steps)`` is the best walk to a node of about a length, ``waiting`` the first
    of those of a length still to be walked on, ``following`` the next of them, ``order`` those
    walked on, ``below`` the best prize at a node over all shorter lengths, ``n_labels`` how
    many there are. What the last search wrote is wiped by the next: no more than was touched.
    """

    node: IntArray
    length_m: FloatArray
    prize: FloatArray
    before: IntArray
    segment: IntArray
    following: IntArray
    step: IntArray
    order: IntArray
    best: IntArray
    waiting: IntArray
    below: FloatArray
    n_labels: IntArray


def make_labels(n_nodes: int, budget_m: float, step_m: float) -> Labels:
    """Make room for the walks of a neighbourhood."""
    n_steps = int(budget_m / step_m) + 2
    return Labels(
        np.zeros(MAX_LABELS, np.int64),
        np.zeros(MAX_LABELS),
        np.zeros(MAX_LABELS),
        np.zeros(MAX_LABELS, np.int64),
        np.zeros(MAX_LABELS, np.int64),
        np.zeros(MAX_LABELS, np.int64),
        np.zeros(MAX_LABELS, np.int64),
        np.zeros(MAX_LABELS, np.int64),
        np.full((n_nodes, n_steps), -1, np.int64),
        np.full(n_steps, -1, np.int64),
        np.full(n_nodes, -1.0),
        np.zeros(1, np.int64),
    )


@njit(cache=True)
def branches_of(streets: Streets, rows: IntArray, degree: IntArray) -> int:
    """Count the branches of a connected corridor: its dead ends and its loops.

    ``rows`` are its segments, ``degree`` ``(n,)`` is filled with how many of them meet at a node.
    The gate's end is no dead end.
    """
    degree[:] = 0
    for row in rows:
        degree[streets.u[row]] += 1
        degree[streets.v[row]] += 1
    n_nodes, n_dead_ends = 1, 0
    for node in range(1, degree.size):
        if degree[node] > 0:
            n_nodes += 1
        if degree[node] == 1:
            n_dead_ends += 1
    return n_dead_ends + rows.size - n_nodes + 1


@njit(cache=True)
def grow_labels(
    streets: Streets,
    chosen: BoolArray,
    on_it: BoolArray,
    is_start: BoolArray,
    left_m: float,
    step_m: float,
    labels: Labels,
) -> int:
    """Walk on from the corridor over new streets, keeping the best walk to each node and length.

    Lengths are told apart by steps, so the best may be missed; what is kept is exact and allowed.

    Parameters
    ----------
    streets
        The neighbourhood.
    chosen, on_it
        ``(m,)`` segments of the corridor, ``(n,)`` its nodes.
    is_start
        ``(n,)`` nodes of it at which a branch may begin.
    left_m, step_m
        Greatest length of a branch; lengths within a step compete.
    labels
        Filled.

    Returns
    -------
    int
        Number of labels. A walk that closes on itself ends at node -1.
    """
    _wipe(labels)
    n = 0
    for node in range(is_start.size):
        if is_start[node]:
            n = _put(labels, n, node, 0.0, 0.0, -1, -1, 0)
    for step in range(int(left_m / step_m) + 1):
        n_walked = 0
        while labels.waiting[step] >= 0:
            at = labels.waiting[step]
            labels.waiting[step] = labels.following[at]
            node = labels.node[at]
            is_beaten = labels.best[node, step] != at or labels.prize[at] <= labels.below[node]
            if is_beaten or (labels.segment[at] >= 0 and on_it[node]):
                continue
            labels.order[n_walked] = at
            n_walked += 1
            n = _walk_on(streets, chosen, on_it, left_m, step_m, labels, at, n)
        for at in labels.order[:n_walked]:
            node = labels.node[at]
            labels.below[node] = max(labels.below[node], labels.prize[at])
    labels.n_labels[0] = n
    return n


@njit(cache=True)
def _wipe(labels: Labels) -> None:
    for at in range(labels.n_labels[0]):
        labels.waiting[labels.step[at]] = -1
        if labels.node[at] >= 0:
            labels.best[labels.node[at], labels.step[at]] = -1
            labels.below[labels.node[at]] = -1.0


@njit(cache=True)
def _put(
    labels: Labels,
    n: int,
    node: int,
    length_m: float,
    prize: float,
    before: int,
    segment: int,
    step: int,
) -> int:
    labels.node[n] = node
    labels.length_m[n] = length_m
    labels.prize[n] = prize
    labels.before[n] = before
    labels.segment[n] = segment
    labels.step[n] = step
    if node >= 0:
        labels.following[n] = labels.waiting[step]
        labels.waiting[step] = n
        labels.best[node, step] = n
    return n + 1


@njit(cache=True)
def _walk_on(
    streets: Streets,
    chosen: BoolArray,
    on_it: BoolArray,
    left_m: float,
    step_m: float,
    labels: Labels,
    at: int,
    n: int,
) -> int:
    node = labels.node[at]
    for arc in range(streets.offset[node], streets.offset[node + 1]):
        segment = streets.via[arc]
        length_m = labels.length_m[at] + streets.length_m[segment]
        if chosen[segment] or length_m > left_m + 1e-9:
            continue
        end = streets.neighbour[arc]
        prize = labels.prize[at] + streets.prize[segment]
        is_walked, is_loop = False, False
        back = at
        while back >= 0:
            is_walked |= labels.segment[back] == segment
            is_loop |= labels.node[back] == end
            back = labels.before[back]
        if is_walked:
            continue
        if n >= MAX_LABELS:
            return n
        if is_loop and not on_it[end]:
            n = _put(labels, n, -1, length_m, prize, at, segment, 0)
            continue
        step = int(length_m / step_m)
        rival = labels.best[end, step]
        if prize <= labels.below[end] or (
            rival >= 0
            and (
                labels.prize[rival] > prize
                or (labels.prize[rival] == prize and labels.length_m[rival] <= length_m)
            )
        ):
            continue
        n = _put(labels, n, end, length_m, prize, at, segment, step)
    return n


@njit(cache=True)
def fill_up(
    streets: Streets,
    chosen: BoolArray,
    left_m: float,
    max_branches: int,
    step_m: float,
    labels: Labels,
) -> float:
    """Add the best branch that fits, again and again, until none adds anything; give the gain."""
    n_nodes = streets.offset.size - 1
    degree = np.zeros(n_nodes, np.int64)
    gain = 0.0
    while True:
        n_branches = branches_of(streets, np.flatnonzero(chosen), degree)
        on_it = degree > 0
        on_it[0] = True
        # Walking on from a dead end makes no further branch.
        is_start = on_it if n_branches < max_branches else degree == 1
        if n_branches >= max_branches:
            is_start[0] = False
        n = grow_labels(streets, chosen, on_it, is_start, left_m, step_m, labels)
        top = -1
        for at in range(n):
            if labels.prize[at] > 0.0 and (
                top < 0
                or labels.prize[at] > labels.prize[top] * (1.0 + GAIN)
                or (
                    labels.prize[at] >= labels.prize[top]
                    and labels.length_m[at] < labels.length_m[top]
                )
            ):
                top = at
        if top < 0:
            return gain
        gain += labels.prize[top]
        left_m -= labels.length_m[top]
        while labels.segment[top] >= 0:
            chosen[labels.segment[top]] = True
            top = labels.before[top]
