"""Shortest walks over some of the segments, and which segments they take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

__all__ = ["StreetWalks"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_NO_LENGTH_M = 1e-9
"""A sparse matrix would take a length of zero for no street at all."""


@dataclass(frozen=True, slots=True, eq=False)
class StreetWalks:
    """Segments as a graph for shortest walks. Make one with `StreetWalks.build`.

    Parameters
    ----------
    graph
        ``(n_nodes, n_nodes)`` length of the shortest segment between two nodes, above the diagonal.
    segment
        The row of that segment, by the two nodes, the smaller first.
    """

    graph: csr_array
    segment: dict[tuple[int, int], int]

    @classmethod
    def build(
        cls, u: IntArray, v: IntArray, length_m: FloatArray, allowed: BoolArray, n_nodes: int
    ) -> StreetWalks:
        """Build it from the allowed segments; loops lead nowhere and are left out.

        Parameters
        ----------
        u, v, length_m
            ``(n,)`` of the segments; nodes are 0 to ``n_nodes - 1``.
        allowed
            ``(n,)`` segments that may be walked.
        n_nodes
            Number of nodes.
        """
        rows = np.flatnonzero(allowed & (u != v))
        low, high = np.minimum(u, v)[rows], np.maximum(u, v)[rows]
        length = np.maximum(length_m[rows], _NO_LENGTH_M)
        # the shortest of parallel segments: a sparse matrix would add them up
        order = np.lexsort((rows, length, high, low))
        low, high, rows, length = low[order], high[order], rows[order], length[order]
        first = np.ones(rows.size, bool)
        first[1:] = (np.diff(low) != 0) | (np.diff(high) != 0)
        low, high, rows, length = low[first], high[first], rows[first], length[first]
        graph = csr_array((length, (low, high)), shape=(n_nodes, n_nodes))
        pairs = zip(low.tolist(), high.tolist(), strict=True)
        return cls(graph, dict(zip(pairs, rows.tolist(), strict=True)))

    def from_node(self, node: int) -> FloatArray:
        """Give the walk to every node, in metres; infinite where there is none."""
        return np.asarray(dijkstra(self.graph, directed=False, indices=node), np.float64)  # type: ignore[call-overload]

    def from_any(self, nodes: IntArray) -> tuple[FloatArray, IntArray]:
        """Give the walk from the nearest of some nodes, and the node before each on it."""
        walk_m, before, _ = dijkstra(
            self.graph, directed=False, indices=nodes, min_only=True, return_predecessors=True
        )
        return walk_m, before.astype(np.int64)

    def between(self, nodes: IntArray) -> tuple[FloatArray, IntArray]:
        """Give the walks from each of some nodes to all, and the node before each on them."""
        walk_m, before = dijkstra(
            self.graph, directed=False, indices=nodes, return_predecessors=True
        )
        return walk_m, before.astype(np.int64)

    def way(self, before: IntArray, node: int) -> list[int]:
        """Give the segments on the walk to a node, from the start on."""
        rows: list[int] = []
        while before[node] >= 0:
            other = int(before[node])
            rows.append(self.segment[min(node, other), max(node, other)])
            node = other
        return rows[::-1]
