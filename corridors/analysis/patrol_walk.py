"""The patrol's walk: the shortest that covers a corridor from the gate, and ends anywhere.

The segments of a corridor are connected, so a shortest covering walk walks each once and repeats
the least length that lets it be walked in one go (Edmonds and Johnson 1973): of the junctions where
an odd number of segments meet, all but the one where it begins and the one where it ends are joined
in pairs by repeats. The best pairing is found exactly, so the walk is proven shortest.

The walk keeps to the corridor's own segments: it can be read off the plan, and everyone on it is
where the evidence is. What other streets could save is told, and is mostly nothing.

The gate's own segment comes first and counts whole, left by either end. Where one end of it is a
dead end of the streets, the gate is taken to be at the end that it is nearer to: so the way to the
far end and back is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from corridors.analysis.street_walks import StreetWalks

__all__ = ["PatrolWalk", "shortest_walk", "start_nodes"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NodeArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PatrolWalk:
    """A walk that covers a corridor.

    Parameters
    ----------
    rows
        Segments in order, repeats included: the gate's own first, and each begins where the one
        before it ends.
    nodes
        The node at which each segment is entered, and where the last one ends.
    length_m
        Of the walk, repeats included.
    bound_m
        No walk from the gate that covers the corridor is shorter, whatever streets it takes.
    """

    rows: tuple[int, ...]
    nodes: tuple[int, ...]
    length_m: float
    bound_m: float


def start_nodes(
    u: NodeArray, v: NodeArray, length_m: FloatArray, gate_segment: int, gate_position_m: float
) -> tuple[int, ...]:
    """Tell at which ends of the gate's own segment the walk may begin.

    Parameters
    ----------
    u, v, length_m
        Of all segments of the streets.
    gate_segment, gate_position_m
        Row of the gate's own segment, and metres from its ``u`` to the gate.

    Returns
    -------
    tuple of int
        Both, or the nearer one where one of them is a dead end of the streets.
    """
    ends = (int(u[gate_segment]), int(v[gate_segment]))
    meets = [int((u == end).sum() + (v == end).sum()) for end in ends]
    if ends[0] == ends[1] or min(meets) > 1 or max(meets) == 1:
        return tuple(dict.fromkeys(ends))
    return (ends[0] if 2 * gate_position_m <= float(length_m[gate_segment]) else ends[1],)


def shortest_walk(
    u: NodeArray,
    v: NodeArray,
    length_m: FloatArray,
    chosen: BoolArray,
    gate_segment: int,
    starts: tuple[int, ...] | None = None,
) -> PatrolWalk:
    """Find the shortest walk that covers the chosen segments.

    Parameters
    ----------
    u, v, length_m
        ``(n,)`` of the segments around the gate, with any nodes.
    chosen
        ``(n,)`` the corridor, connected, the gate's own segment in it.
    gate_segment
        Row of the gate's own segment.
    starts
        Ends of it at which the walk may begin, from `start_nodes`; None: both.

    Raises
    ------
    ValueError
        The corridor is not connected or does not hold the gate: a fault of the caller.
    """
    if not chosen[gate_segment]:
        raise ValueError("a corridor holds the gate's own segment")
    ids, number = np.unique(np.stack([u, v]), return_inverse=True)
    case = _Case(number.reshape(2, -1).astype(np.int64), length_m, chosen, gate_segment, ids.size)
    begins = starts or tuple(dict.fromkeys((int(u[gate_segment]), int(v[gate_segment]))))
    at = [int(np.searchsorted(ids, node)) for node in begins]
    tried = [case.walk(node) for node in at]
    lengths = [round(float(length_m[rows].sum()), 6) for rows, _ in tried]
    rows, nodes = tried[int(np.argmin(lengths))]
    walk_m = float(length_m[rows].sum())
    bound_m = float(length_m[chosen].sum()) + min(case.least_repeats_m(node) for node in at)
    return PatrolWalk(
        tuple(rows), tuple(int(ids[node]) for node in nodes), walk_m, min(bound_m, walk_m)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """A corridor whose nodes are numbered from 0."""

    number: IntArray
    length_m: FloatArray
    chosen: BoolArray
    gate: int
    n_nodes: int

    def walk(self, begin: int) -> tuple[list[int], list[int]]:
        """Give the shortest walk on the corridor's own segments from one end of the gate's.

        What hangs on the two ends of the gate's segment is walked in one go where it meets
        elsewhere too. Otherwise the far side is walked first and closed, and the gate's segment
        is walked back.
        """
        far = self._far(begin)
        walks = self._walks(self.chosen)
        there, here = self._side(far), self._side(begin)
        if here.any() and not (there & here).any() and begin != far:
            rows, nodes = self._trail(far, there, self._repeats(walks, there, None)[1])
            more, more_nodes = self._trail(begin, here, self._repeats(walks, here, begin)[1])
            rows, nodes = [*rows, self.gate, *more], [*nodes, *more_nodes]
        else:
            rows, nodes = self._trail(far, there, self._repeats(walks, there, far)[1])
        return [self.gate, *rows], [begin, *nodes]

    def least_repeats_m(self, begin: int) -> float:
        """Bound what must be walked beside the corridor itself, on any streets."""
        far = self._far(begin)
        walks = self._walks(np.ones(self.chosen.size, bool))
        there, here = self._side(far), self._side(begin)
        if not here.any() or (there & here).any() or begin == far:
            return self._repeats(walks, there, far)[0]
        # Either it ends on this side, and crosses once, or on that side, and crosses twice.
        inside = np.unique(np.append(self.number[:, here], begin))
        outside = np.unique(np.append(self.number[:, there], far))
        apart_m = float(walks.from_any(inside)[0][outside].min())
        both = there | here
        crossed_m = self._repeats(walks, both, far, ends=inside)[0]
        back_m = self._repeats(walks, both, far, ends=outside)[0]
        return min(crossed_m, max(back_m, 2 * apart_m))

    def _far(self, begin: int) -> int:
        one, other = self.number[:, self.gate]
        return int(other if begin == one else one)

    def _walks(self, allowed: BoolArray) -> StreetWalks:
        return StreetWalks.build(
            self.number[0], self.number[1], self.length_m, allowed, self.n_nodes
        )

    def _side(self, node: int) -> BoolArray:
        """Give the chosen segments that hang together with one end of the gate's, but for it."""
        rows = self.chosen.copy()
        rows[self.gate] = False
        reached = np.zeros(self.n_nodes, bool)
        reached[node] = True
        while True:
            touched = rows & reached[self.number].any(axis=0)
            before = reached.sum()
            reached[self.number[:, touched]] = True
            if reached.sum() == before:
                return touched

    def _repeats(
        self,
        walks: StreetWalks,
        rows: BoolArray,
        begin: int | None,
        ends: IntArray | None = None,
    ) -> tuple[float, list[int]]:
        """Find the least to repeat so that these segments can be walked in one go.

        From ``begin`` to wherever is best (of ``ends``), or, without it, around and back.
        """
        odd = np.bincount(self.number[:, rows].ravel(), minlength=self.n_nodes) % 2 == 1
        if begin is not None:
            odd[begin] = not odd[begin]
        nodes = np.flatnonzero(odd)
        if begin is None:
            return _join_pairs(walks, nodes, None)
        if ends is not None and not odd[ends].any():
            # The end makes one more: whichever costs least.
            tried = [_join_pairs(walks, np.append(nodes, end), None)[0] for end in ends]
            return min(tried), []
        return _join_pairs(walks, nodes, ends if ends is not None else nodes)

    def _trail(
        self, begin: int, rows: BoolArray, repeats: list[int]
    ) -> tuple[list[int], list[int]]:
        """Walk each of these segments once, and the repeats again, in one go (Hierholzer)."""
        left: dict[int, list[int]] = {}
        walked = [*np.flatnonzero(rows).tolist(), *repeats]
        for at in range(len(walked) - 1, -1, -1):
            for node in set(self.number[:, walked[at]].tolist()):
                left.setdefault(node, []).append(at)
        done = [False] * len(walked)
        stack: list[tuple[int, int]] = [(begin, -1)]
        trail: list[tuple[int, int]] = []
        while stack:
            node, _ = stack[-1]
            while left.get(node) and done[left[node][-1]]:
                left[node].pop()
            if not left.get(node):
                trail.append(stack.pop())
                continue
            at = left[node].pop()
            done[at] = True
            one, other = self.number[:, walked[at]].tolist()
            stack.append((other if node == one else one, at))
        if not all(done):
            raise ValueError("a corridor hangs together")
        trail.reverse()
        return [walked[at] for _, at in trail[1:]], [node for node, _ in trail]


def _join_pairs(
    walks: StreetWalks, nodes: IntArray, free: IntArray | None
) -> tuple[float, list[int]]:
    """Join nodes in pairs by the shortest walks in all; one of the ``free`` ones stays alone.

    Returns
    -------
    tuple
        Metres, and the segments.
    """
    if nodes.size < 2:
        return 0.0, []
    walk_m, before = walks.between(nodes)
    graph: nx.Graph[int] = nx.Graph()
    for one in range(nodes.size):
        for other in range(one):
            length_m = float(walk_m[one, nodes[other]])
            if np.isfinite(length_m):
                graph.add_edge(one, other, weight=length_m)
        if free is not None and nodes[one] in free:
            graph.add_edge(one, -1, weight=0.0)
    total_m = 0.0
    rows: list[int] = []
    for pair in sorted(tuple(sorted(pair)) for pair in nx.min_weight_matching(graph)):
        if pair[0] >= 0:
            total_m += float(walk_m[pair[0], nodes[pair[1]]])
            rows.extend(walks.way(before[pair[0]], int(nodes[pair[1]])))
    return total_m, rows
