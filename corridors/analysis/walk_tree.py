"""What can be walked from a gate: every segment hung on the one by which it is reached soonest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["WalkTree", "walk_order"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


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
