"""The patrol's walk: the shortest that covers a corridor from the gate, and ends anywhere.

The segments of a corridor are connected, so a shortest covering walk walks each once and repeats
the least length that lets it be walked in one go (Edmonds and Johnson 1973): of the junctions where
an odd number of segments meet, all but the one where it begins and the one where it ends are joined
in pairs by repeats. The best pairing is found exactly, so the walk is proven shortest.

The walk keeps to the corridor's own segments: it can be read off the plan, and everyone on it is
where the evidence is. What other streets could save is told exactly, and is mostly nothing.

The gate's own segment comes first and counts whole, left by either end. Where one end of it is a
dead end of the streets, the gate is taken to be at the end that it is nearer to: so the way to the
far end and back is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.joining import ANYWHERE, join_across, join_pairs
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
        The shortest walk from the gate that covers the corridor, whatever streets it takes.
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
    case = _Case.build(
        number.reshape(2, -1).astype(np.int64), length_m, chosen, gate_segment, ids.size
    )
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
    own: StreetWalks
    """Walks on the corridor's own segments."""
    every: StreetWalks
    """Walks on any street."""

    @classmethod
    def build(
        cls, number: IntArray, length_m: FloatArray, chosen: BoolArray, gate: int, n_nodes: int
    ) -> _Case:
        own, every = (
            StreetWalks.build(number[0], number[1], length_m, allowed, n_nodes)
            for allowed in (chosen, np.ones(chosen.size, bool))
        )
        return cls(number, length_m, chosen, gate, n_nodes, own, every)

    def walk(self, begin: int) -> tuple[list[int], list[int]]:
        """Give the shortest walk on the corridor's own segments from one end of the gate's.

        What hangs on the two ends of the gate's segment is walked in one go where it meets
        elsewhere too. Otherwise the far side is walked first and closed, and the gate's segment
        is walked back.
        """
        far = self._far(begin)
        there, here = self._side(far), self._side(begin)
        if here.any() and not (there & here).any() and begin != far:
            closed = join_pairs(self.own, self._odd(there)).rows
            rows, nodes = self._trail(far, there, closed)
            opened = join_pairs(self.own, self._odd(here, begin), ANYWHERE).rows
            more, more_nodes = self._trail(begin, here, opened)
            rows, nodes = [*rows, self.gate, *more], [*nodes, *more_nodes]
        else:
            opened = join_pairs(self.own, self._odd(there, far), ANYWHERE).rows
            rows, nodes = self._trail(far, there, opened)
        return [self.gate, *rows], [begin, *nodes]

    def least_repeats_m(self, begin: int) -> float:
        """Give the least that must be walked beside the corridor itself, on any streets."""
        far = self._far(begin)
        there, here = self._side(far), self._side(begin)
        if not here.any() or (there & here).any() or begin == far:
            return join_pairs(self.every, self._odd(there, far), ANYWHERE).length_m
        inside = np.unique(np.append(self.number[:, here], begin))
        outside = np.unique(np.append(self.number[:, there], far))
        odd = self._odd(there | here, far)
        # It ends on this side: then something that is joined crosses.
        best_m = join_pairs(self.every, odd, inside).length_m
        # Or on that side: then nothing has to cross, and what is on this side must be fetched.
        apart_m = join_pairs(self.every, odd, outside).length_m
        if apart_m >= best_m:
            return best_m
        return min(best_m, join_across(self.every, odd, inside, outside, apart_m))

    def _far(self, begin: int) -> int:
        one, other = self.number[:, self.gate]
        return int(other if begin == one else one)

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

    def _odd(self, rows: BoolArray, begin: int | None = None) -> IntArray:
        """Give the junctions at which a walk of these segments, from ``begin``, must repeat."""
        odd = np.bincount(self.number[:, rows].ravel(), minlength=self.n_nodes) % 2 == 1
        if begin is not None:
            odd[begin] = not odd[begin]
        return np.flatnonzero(odd)

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
