"""How far it is to walk, from places on segments to the nodes and segments around them.

Walking is the same in both directions. All sources are walked in one call; the answer holds only
what was reached, so its size follows the limit and not the city.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corridors.analysis.walking_kernels import segments_of, walk

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Adjacency", "NodeReach", "SegmentReach", "segment_reach", "walk_from"]


@dataclass(frozen=True, slots=True, eq=False)
class Adjacency:
    """Which node is next to which, over which segment. Make one with `Adjacency.build`.

    Parameters
    ----------
    u, v, length_m
        ``(n_segments,)`` the nodes that each segment joins, and its length in metres.
    offset
        ``(n_nodes + 1,)`` the arcs of node ``i`` are ``offset[i]`` to ``offset[i + 1]``.
    neighbour, via, arc_m
        ``(2 * n_segments,)`` node at the other end of each arc, the arc's segment and its length.
    """

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_m: NDArray[np.float64]
    offset: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    via: NDArray[np.int32]
    arc_m: NDArray[np.float64]

    @classmethod
    def build(cls, u: ArrayLike, v: ArrayLike, length_m: ArrayLike, n_nodes: int) -> Adjacency:
        """Build it from segments. Parallel segments and loops are fine.

        Raises
        ------
        ValueError
            If a node is not in ``0..n_nodes - 1``, or a length is negative or not finite.
        """
        start, end = np.asarray(u, np.int32), np.asarray(v, np.int32)
        length = np.asarray(length_m, np.float64)
        nodes = np.concatenate([start, end])
        if not len(start) == len(end) == len(length):
            raise ValueError("u, v and length_m differ in length")
        if len(nodes) and not (nodes.min() >= 0 and nodes.max() < n_nodes):
            raise ValueError("a segment joins a node that is not there")
        if not (np.isfinite(length) & (length >= 0)).all():
            raise ValueError("every length must be 0 or more")
        order = np.argsort(nodes, kind="stable")
        offset = np.zeros(n_nodes + 1, np.int64)
        offset[1:] = np.cumsum(np.bincount(nodes, minlength=n_nodes))
        other = np.concatenate([end, start])[order]
        via = np.tile(np.arange(len(start), dtype=np.int32), 2)[order]
        return cls(start, end, length, offset, other, via, length[via])

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.offset) - 1


@dataclass(frozen=True, slots=True, eq=False)
class NodeReach:
    """The nodes reached from each source: those of source ``i`` are ``offset[i]:offset[i + 1]``.

    Parameters
    ----------
    offset
        ``(n_sources + 1,)``.
    node, distance_m
        The nodes, nearest first, and their walking distance in metres.
    """

    offset: NDArray[np.int64]
    node: NDArray[np.int32]
    distance_m: NDArray[np.float64]

    @property
    def source(self) -> NDArray[np.int32]:
        """Row of the source, for each row of ``node``."""
        return _rows_of(self.offset)


@dataclass(frozen=True, slots=True, eq=False)
class SegmentReach:
    """The segments reached from each source: those of source ``i`` are ``offset[i]:offset[i + 1]``.

    Parameters
    ----------
    offset
        ``(n_sources + 1,)``.
    segment, distance_m
        The segments, nearest first, and the walking distance to their nearer end in metres; the
        source's own segment is first, at 0.
    """

    offset: NDArray[np.int64]
    segment: NDArray[np.int32]
    distance_m: NDArray[np.float64]

    @property
    def source(self) -> NDArray[np.int32]:
        """Row of the source, for each row of ``segment``."""
        return _rows_of(self.offset)


def _rows_of(offset: NDArray[np.int64]) -> NDArray[np.int32]:
    return np.repeat(np.arange(len(offset) - 1, dtype=np.int32), np.diff(offset))


def walk_from(
    adjacency: Adjacency, segment: ArrayLike, position_m: ArrayLike, limit_m: float
) -> NodeReach:
    """Walk from places on segments to every node within a limit (bounded Dijkstra 1959).

    Parameters
    ----------
    adjacency
        The network.
    segment
        ``(n_sources,)`` row of each source's segment; -1 reaches nothing.
    position_m
        ``(n_sources,)`` metres from the start of that segment; beyond its ends is its end.
    limit_m
        Farthest walk in metres; a node at exactly this distance is reached.

    Raises
    ------
    ValueError
        If a segment is not there, a position is not finite or the limit is not 0 or more.
    """
    row = np.asarray(segment, np.int32)
    position = np.asarray(position_m, np.float64)
    if len(row) != len(position):
        raise ValueError("segment and position_m differ in length")
    if len(row) and not (row.min() >= -1 and row.max() < len(adjacency.u)):
        raise ValueError("a source is on a segment that is not there")
    if not np.isfinite(position[row >= 0]).all() or not limit_m >= 0:
        raise ValueError("positions must be finite and the limit 0 or more")
    length = np.zeros(len(row))
    length[row >= 0] = adjacency.length_m[row[row >= 0]]
    position = np.clip(np.where(row >= 0, position, 0.0), 0.0, length)
    offset, node, distance_m = walk(
        (adjacency.u, adjacency.v, adjacency.length_m),
        (adjacency.offset, adjacency.neighbour, adjacency.arc_m),
        row,
        position,
        float(limit_m),
    )
    return NodeReach(offset, node, distance_m)


def segment_reach(
    adjacency: Adjacency, segment: ArrayLike, position_m: ArrayLike, limit_m: float
) -> SegmentReach:
    """Walk from places on segments to every segment with an end within a limit.

    Parameters and errors are those of `walk_from`. The distance of a segment is that of its nearer
    end; a source's own segment is at 0 and always reached.
    """
    reach = walk_from(adjacency, segment, position_m, limit_m)
    offset, reached, distance_m = segments_of(
        (adjacency.offset, adjacency.via),
        len(adjacency.u),
        np.asarray(segment, np.int32),
        (reach.offset, reach.node, reach.distance_m),
    )
    return SegmentReach(offset, reached, distance_m)
