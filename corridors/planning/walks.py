"""A patrol's own walk: it covers its corridor from the gate, in another order on another day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["SegmentEnds", "WalkGraph", "vary_walk"]

SegmentEnds = tuple[int, int, float]
"""Start node, end node and length in metres of one segment."""

_TRIES = 24
_SHORTEST_M = 1e-6  # a sparse matrix would take a length of zero for no street at all


@dataclass(frozen=True, slots=True, eq=False)
class WalkGraph:
    """The streets of one corridor as a small graph.

    Parameters
    ----------
    segments
        Ends and length by segment id; only those of the corridor.
    at_node
        By node: the segments that meet there, each with its other end.
    distance_m
        ``(n_nodes, n_nodes)`` walks within the corridor, in metres; infinite where there is none.
    before
        ``(n_nodes, n_nodes)`` the node before the column's on the walk from the row's.
    number
        Row of each node.
    """

    segments: Mapping[str, SegmentEnds]
    at_node: Mapping[int, tuple[tuple[str, int], ...]]
    distance_m: NDArray[np.float64]
    before: NDArray[np.int32]
    number: Mapping[int, int]
    _nearest: dict[int, list[int]] = field(default_factory=dict)
    _ways: dict[tuple[int, int], list[tuple[str, int]]] = field(default_factory=dict)

    @classmethod
    def build(cls, segment_ids: Sequence[str], ends: Mapping[str, SegmentEnds]) -> WalkGraph:
        """Build the graph of a corridor.

        Parameters
        ----------
        segment_ids
            Of the corridor.
        ends
            Ends and length of at least these segments.

        Raises
        ------
        ValueError
            The segments do not hang together: a fault of the caller.
        """
        segments = {s: ends[s] for s in dict.fromkeys(segment_ids)}
        at_node: dict[int, list[tuple[str, int]]] = {}
        for segment, (u, v, _) in sorted(segments.items()):
            at_node.setdefault(u, []).append((segment, v))
            if u != v:
                at_node.setdefault(v, []).append((segment, u))
        nodes = sorted(at_node)
        number = {node: row for row, node in enumerate(nodes)}
        matrix = np.full((len(nodes), len(nodes)), np.inf)
        for u, v, length_m in segments.values():
            row, column = number[u], number[v]
            shortest = min(matrix[row, column], max(length_m, _SHORTEST_M))
            matrix[row, column] = matrix[column, row] = shortest
        joined = np.isfinite(matrix) & ~np.eye(len(nodes), dtype=bool)
        distance_m, before = dijkstra(
            csr_array(np.where(joined, matrix, 0.0)), return_predecessors=True
        )
        if not np.isfinite(distance_m).all():
            raise ValueError("the segments of a corridor do not hang together")
        return cls(
            segments, {n: tuple(near) for n, near in at_node.items()}, distance_m, before, number
        )

    def length_m(self, walk: Sequence[str]) -> float:
        """Give the length of a walk, repeats included."""
        return float(sum(self.segments[segment][2] for segment in walk))

    def apart_m(self, one: str, other: str) -> float:
        """Give the walk between two segments: 0 where they share a junction."""
        rows = [self.number[node] for node in self.segments[one][:2]]
        columns = [self.number[node] for node in self.segments[other][:2]]
        return float(self.distance_m[np.ix_(rows, columns)].min())

    def nearest(self, node: int) -> list[int]:
        """Give all nodes, the nearest to this one first."""
        if node not in self._nearest:
            order = np.argsort(self.distance_m[self.number[node]], kind="stable")
            nodes = list(self.number)
            self._nearest[node] = [nodes[row] for row in order]
        return self._nearest[node]

    def way(self, start: int, end: int) -> list[tuple[str, int]]:
        """Give the segments of the shortest walk between two nodes, each with where it leads."""
        if (start, end) not in self._ways:
            nodes, row, at = list(self.number), self.number[start], self.number[end]
            steps = []
            while at != row:
                back = int(self.before[row, at])
                between = [s for s, other in self.at_node[nodes[back]] if other == nodes[at]]
                steps.append((min(between, key=lambda s: (self.segments[s][2], s)), nodes[at]))
                at = back
            self._ways[start, end] = steps[::-1]
        return self._ways[start, end]


def vary_walk(
    graph: WalkGraph,
    shortest: Sequence[str],
    limit_m: float,
    generator: np.random.Generator,
) -> tuple[str, ...]:
    """Draw a walk that covers the corridor and begins with the gate's own segment.

    Walks are drawn that turn at each junction into a street not yet walked, in random order, and
    go back the shortest way where none is left. Of the different ones within the limit each is as
    likely. What is left of the limit is used, mostly in part, for walking back towards the gate.

    Parameters
    ----------
    graph
        Of the corridor.
    shortest
        A covering walk that is known; its first segment is the gate's.
    limit_m
        The walk is at most this long, or as long as `shortest`.
    generator
        Of this patrol: the same state gives the same walk.

    Returns
    -------
    tuple of str
        Segments in order, repeats included. Each is entered at the end at which the one before it
        was left, and the first holds the gate.
    """
    limit_m = max(limit_m, graph.length_m(shortest))
    drawn = [_draw_cover(graph, shortest[0], generator) for _ in range(_TRIES)]
    fit = {walk: end for walk, end in drawn if graph.length_m(walk) <= limit_m + _SHORTEST_M}
    fit.setdefault(tuple(shortest), _end_of(graph, shortest))
    walks = sorted(fit)
    walk = walks[int(generator.integers(len(walks)))]
    spare_m = float(generator.uniform(0.0, 1.0) ** 0.5) * (limit_m - graph.length_m(walk))
    return (*walk, *_back_towards(graph, fit[walk], shortest[0], spare_m))


def _draw_cover(
    graph: WalkGraph, first: str, generator: np.random.Generator
) -> tuple[tuple[str, ...], int]:
    """Draw one covering walk and tell the node at which it ends."""
    segments, at_node = graph.segments, graph.at_node
    u, v, _ = segments[first]
    at = v if generator.integers(2) else u
    # One draw of many numbers is ten times as fast as many draws of one.
    luck = iter(generator.random(len(segments)).tolist())
    walk, left = [first], set(segments) - {first}
    while left:
        new = [step for step in at_node[at] if step[0] in left]
        if new:
            segment, at = new[int(next(luck) * len(new))] if len(new) > 1 else new[0]
            walk.append(segment)
            left.discard(segment)
            continue
        goal = next(
            node for node in graph.nearest(at) if any(one in left for one, _ in at_node[node])
        )
        walk.extend(segment for segment, _ in graph.way(at, goal))
        at = goal
    return tuple(walk), at


def _end_of(graph: WalkGraph, walk: Sequence[str]) -> int:
    """Tell the node at which a walk ends; the gate's own segment may be left at either end."""
    for at in dict.fromkeys(graph.segments[walk[0]][:2]):
        end = _follow(graph, walk[1:], at)
        if end is not None:
            return end
    raise ValueError("a walk leaves its streets")


def _follow(graph: WalkGraph, walk: Sequence[str], at: int) -> int | None:
    for segment in walk:
        u, v, _ = graph.segments[segment]
        if at not in {u, v}:
            return None
        at = v if at == u else u
    return at


def _back_towards(graph: WalkGraph, at: int, gate: str, spare_m: float) -> list[str]:
    here = graph.distance_m[graph.number[at]]
    goal = min(graph.segments[gate][:2], key=lambda node: (here[graph.number[node]], node))
    back = []
    for segment, _ in graph.way(at, goal):
        spare_m -= graph.segments[segment][2]
        if spare_m < 0:
            break
        back.append(segment)
    return back
