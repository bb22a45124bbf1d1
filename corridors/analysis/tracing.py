"""Tracing a corridor: the connected segments from a gate that hold the most need in a length.

Pupils walk home by short ways, so a corridor is a union of at most `max_branches` shortest walks
from the gate: every segment hangs on the segment by which it is reached soonest, and a branch is
the chain from a segment back to the gate's own. On this tree one selection takes a fraction of a
millisecond, so the evidence test can repeat it whole in every null run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corridors.domain.parameters import Parameters

__all__ = [
    "DEFAULT_RULE",
    "TraceRule",
    "WalkTree",
    "prize_bound",
    "trace_corridor",
    "trace_many",
    "walk_order",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


class TraceRule(NamedTuple):
    """What a corridor may look like, and how hard to look for it; see `Parameters`."""

    max_branches: int
    first_branches: int
    same_branch_m: float
    earning_share: float

    @classmethod
    def of(cls, parameters: Parameters) -> TraceRule:
        """Take the rule out of the parameters of a run."""
        return cls(
            parameters.max_branches,
            parameters.first_branches,
            float(parameters.same_branch_m),
            float(parameters.earning_share),
        )


DEFAULT_RULE = TraceRule.of(Parameters())


@dataclass(frozen=True, slots=True, eq=False)
class WalkTree:
    """The segments within reach of one gate, each hung on the one by which it is reached.

    Parameters
    ----------
    segment
        ``(n,)`` rows of the network's segments, ordered by walking distance; the gate's is first.
    parent
        ``(n,)`` position in this tree of the segment before it on the walk; -1 for the gate's.
    length_m
        ``(n,)`` lengths.
    distance_m
        ``(n,)`` walk from the gate to the nearer end of the segment.
    near_node
        ``(n,)`` node by which the segment is entered; for the gate's own, its ``u``.
    """

    segment: IntArray
    parent: IntArray
    length_m: FloatArray
    distance_m: FloatArray
    near_node: IntArray

    @classmethod
    def build(
        cls,
        u: IntArray,
        v: IntArray,
        length_m: FloatArray,
        node: IntArray,
        node_distance_m: FloatArray,
        gate_segment: int,
        candidates: IntArray,
        budget_m: float,
    ) -> WalkTree:
        """Hang the candidate segments on each other by the shortest walks from the gate.

        Parameters
        ----------
        u, v, length_m
            The network's segments.
        node, node_distance_m
            Nodes within reach of the gate and the walk to them in metres.
        gate_segment
            Row of the segment that holds the gate.
        candidates
            Rows of segments of which at least one end is within reach.
        budget_m
            Segments that cannot be reached and walked within this length are left out. The gate's
            own segment always stays.
        """
        walk_m = np.full(int(max(u.max(), v.max())) + 1, np.inf)
        walk_m[node] = node_distance_m
        rows = np.unique(np.append(candidates, gate_segment)).astype(np.int32)
        near_m = np.minimum(walk_m[u[rows]], walk_m[v[rows]])
        near_m[rows == gate_segment] = -1.0
        # The gate's own segment counts whole, whichever way one turns.
        fits = (near_m + length_m[rows] <= budget_m) | (rows == gate_segment)
        rows, near_m = rows[fits], near_m[fits]
        order = np.lexsort((rows, near_m))
        rows, near_m = rows[order], near_m[order]
        parent = _hang(
            u[rows].astype(np.int32),
            v[rows].astype(np.int32),
            length_m[rows],
            walk_m,
            int(u[gate_segment]),
            int(v[gate_segment]),
        )
        kept = (parent >= 0) | (rows == gate_segment)
        rows, near_m, parent = rows[kept], near_m[kept], _renumber(parent, kept)
        near_node = np.where(walk_m[u[rows]] <= walk_m[v[rows]], u[rows], v[rows])
        near_node[0] = u[gate_segment]
        return cls(
            segment=rows,
            parent=parent,
            length_m=length_m[rows].astype(np.float64),
            distance_m=np.maximum(near_m, 0.0),
            near_node=near_node.astype(np.int32),
        )


def _renumber(parent: IntArray, kept: NDArray[np.bool_]) -> IntArray:
    number = np.cumsum(kept) - 1
    old = parent[kept]
    return np.where(old >= 0, number[old], -1).astype(np.int32)


@njit(cache=True)
def _hang(
    u: IntArray, v: IntArray, length_m: FloatArray, walk_m: FloatArray, gate_u: int, gate_v: int
) -> IntArray:
    """Find for each segment (nearest first, the gate's at 0) the one that leads to it.

    A node is entered by the segment that gives it its shortest walk; the first wins a tie.
    """
    entered = np.full(walk_m.size, -1, np.int32)
    entered[gate_u] = 0
    entered[gate_v] = 0
    parent = np.full(u.size, -1, np.int32)
    for row in range(1, u.size):
        near, far = u[row], v[row]
        if walk_m[far] < walk_m[near]:
            near, far = far, near
        parent[row] = entered[near]
        reaches = walk_m[near] + length_m[row] <= walk_m[far] + 1e-6
        if parent[row] >= 0 and reaches and entered[far] < 0:
            entered[far] = row
    return parent


def trace_corridor(
    parent: IntArray,
    length_m: FloatArray,
    prize: FloatArray,
    budget_m: float,
    rule: TraceRule = DEFAULT_RULE,
) -> NDArray[np.bool_]:
    """Choose the segments of a corridor on a walk tree.

    The first branch decides most, so the most promising are tried, each with the
    best further branches that fit; the set with the most prize is kept, and what does not earn its
    length is cut off its ends.

    Parameters
    ----------
    parent, length_m
        Of a `WalkTree` of ``n`` segments, parents before children, the gate's first.
    prize
        ``(n,)`` what each segment adds, not negative.
    budget_m
        Greatest sum of distinct lengths.
    rule
        Branches and ends.

    Returns
    -------
    ``(n,)`` bool
        Connected, holds the gate's segment, at most `max_branches` branches, within the budget
        (unless the gate's own segment alone is longer: then that segment).
    """
    return _trace(parent, length_m, prize, float(budget_m), rule)


@njit(cache=True)
def _trace(
    parent: IntArray, length_m: FloatArray, prize: FloatArray, budget_m: float, rule: TraceRule
) -> NDArray[np.bool_]:
    n = parent.size
    best = np.zeros(n, np.bool_)
    if n == 0:
        return best
    best[0] = True
    best_prize = prize[0]
    path_prize, path_m = prize.copy(), length_m.copy()
    for row in range(1, n):
        path_prize[row] += path_prize[parent[row]]
        path_m[row] += path_m[parent[row]]
    is_open = (path_m <= budget_m) & (prize > 0.0)
    is_open[0] = False
    chosen = np.zeros(n, np.bool_)
    for _ in range(rule.first_branches):
        end = -1
        for row in range(1, n):
            if is_open[row] and (end < 0 or path_prize[row] > path_prize[end]):
                end = row
        if end < 0:
            break
        chosen[:] = False
        row = end
        while row >= 0:
            chosen[row] = True
            # What ends just before is nearly the same branch.
            if path_m[end] - path_m[row] <= rule.same_branch_m:
                is_open[row] = False
            row = parent[row]
        total = path_prize[end] + _add_branches(
            chosen, parent, length_m, prize, budget_m - path_m[end], rule.max_branches - 1
        )
        if total > best_prize * (1.0 + 1e-12):
            best[:] = chosen
            best_prize = total
    _cut_ends(best, parent, length_m, prize, rule.earning_share)
    return best


@njit(cache=True)
def _add_branches(
    chosen: NDArray[np.bool_],
    parent: IntArray,
    length_m: FloatArray,
    prize: FloatArray,
    left_m: float,
    n_more: int,
) -> float:
    """Add, one after the other, the branch with the most prize that fits; give what they add."""
    n = parent.size
    extra_prize, extra_m = np.zeros(n), np.zeros(n)
    added = 0.0
    for _ in range(n_more):
        best, most = -1, 0.0
        for row in range(1, n):
            if chosen[row]:
                extra_prize[row] = 0.0
                extra_m[row] = 0.0
                continue
            extra_prize[row] = extra_prize[parent[row]] + prize[row]
            extra_m[row] = extra_m[parent[row]] + length_m[row]
            # as much for less walking comes first: rows are in order of distance
            if extra_m[row] <= left_m and extra_prize[row] > most * (1.0 + 1e-12):
                best, most = row, extra_prize[row]
        if best < 0:
            break
        added += most
        left_m -= extra_m[best]
        row = best
        while not chosen[row]:
            chosen[row] = True
            row = parent[row]
    return added


@njit(cache=True)
def _cut_ends(
    chosen: NDArray[np.bool_],
    parent: IntArray,
    length_m: FloatArray,
    prize: FloatArray,
    earning_share: float,
) -> None:
    """Cut off what hangs on the rest and holds too little for its length, until all of it earns."""
    n = parent.size
    beyond_prize, beyond_m = np.zeros(n), np.zeros(n)
    while True:
        beyond_prize[:] = 0.0
        beyond_m[:] = 0.0
        for row in range(n - 1, -1, -1):
            if chosen[row]:
                beyond_prize[row] += prize[row]
                beyond_m[row] += length_m[row]
                if row > 0:
                    beyond_prize[parent[row]] += beyond_prize[row]
                    beyond_m[parent[row]] += beyond_m[row]
        least = earning_share * beyond_prize[0] / beyond_m[0]
        is_cut = False
        for row in range(1, n):
            if chosen[row] and (
                not chosen[parent[row]] or beyond_prize[row] < least * beyond_m[row]
            ):
                chosen[row] = False
                is_cut = True
        if not is_cut:
            return


def trace_many(
    parent: IntArray,
    length_m: FloatArray,
    prizes: FloatArray,
    budget_m: float,
    rule: TraceRule = DEFAULT_RULE,
) -> NDArray[np.bool_]:
    """Trace one corridor for each row of ``prizes`` ``(runs, n)``; see `trace_corridor`."""
    return _trace_rows(parent, length_m, prizes, float(budget_m), rule)


@njit(cache=True)
def _trace_rows(
    parent: IntArray, length_m: FloatArray, prizes: FloatArray, budget_m: float, rule: TraceRule
) -> NDArray[np.bool_]:
    chosen = np.zeros(prizes.shape, np.bool_)
    for run in range(prizes.shape[0]):
        chosen[run] = _trace(parent, length_m, prizes[run], budget_m, rule)
    return chosen


def prize_bound(length_m: FloatArray, prize: FloatArray, budget_m: float) -> float:
    """Bound the prize of any connected set within the budget that holds the first segment.

    Drops connectedness: the fractional knapsack over all segments within reach, after the gate's
    own. True for every corridor, and weak; a tighter one needs an integer programme.
    """
    if length_m.size == 0:
        return 0.0
    left_m = max(budget_m - length_m[0], 0.0)
    rest_m, rest = length_m[1:], prize[1:]
    order = np.argsort(-rest / np.maximum(rest_m, 1e-9), kind="stable")
    filled_m = np.cumsum(rest_m[order])
    share = np.clip((left_m - (filled_m - rest_m[order])) / np.maximum(rest_m[order], 1e-9), 0, 1)
    return float(prize[0] + (rest[order] * share).sum())


def walk_order(tree: WalkTree, chosen: NDArray[np.bool_]) -> list[int]:
    """Order a walk that covers the chosen segments from the gate's, repeats included.

    Branches are walked shortest first, out and back; the longest comes last and is not walked
    back, so the patrol ends at its far end. Neighbours in the walk share a junction.

    Returns
    -------
    list of int
        Positions in the tree; empty when nothing is chosen.
    """
    children, depth_m = _branches(tree, chosen)
    if not children:
        return []
    tail = _longest_branch(children, depth_m)
    walk: list[int] = []
    stack: list[tuple[int, bool]] = [(0, False)]
    side = -1
    while stack:
        row, is_return = stack.pop()
        if tree.parent[row] == 0 and not is_return:
            # Branches leave the gate's segment at either end: cross it again between the two.
            if side not in {-1, int(tree.near_node[row])}:
                walk.append(0)
            side = int(tree.near_node[row])
        walk.append(row)
        if is_return:
            continue
        if row not in tail:
            stack.append((row, True))
        last_side = next((int(tree.near_node[c]) for c in children[0] if c in tail), -1)
        stack.extend(
            (child, False)
            for child in sorted(
                children[row],
                key=lambda child: (
                    child in tail,
                    row == 0 and int(tree.near_node[child]) == last_side,
                    depth_m[child],
                    child,
                ),
                reverse=True,
            )
        )
    return walk


def _branches(
    tree: WalkTree, chosen: NDArray[np.bool_]
) -> tuple[dict[int, list[int]], dict[int, float]]:
    """Give the chosen children of each chosen segment, and the longest walk on from each."""
    children: dict[int, list[int]] = {int(row): [] for row in np.flatnonzero(chosen)}
    depth_m = {row: float(tree.length_m[row]) for row in children}
    for row in sorted(children, reverse=True):
        up = int(tree.parent[row])
        if up >= 0:
            children[up].append(row)
            depth_m[up] = max(depth_m[up], float(tree.length_m[up]) + depth_m[row])
    return children, depth_m


def _longest_branch(children: dict[int, list[int]], depth_m: dict[int, float]) -> set[int]:
    row, tail = 0, {0}
    while children[row]:
        row = max(children[row], key=lambda child: (depth_m[child], -child))
        tail.add(row)
    return tail
