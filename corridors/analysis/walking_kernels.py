"""Compiled loops behind `corridors.analysis.walking`: bounded Dijkstra with a binary heap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["segments_of", "walk"]


@njit(cache=True, nogil=True)
def _push(
    heap_m: NDArray[np.float64], heap_node: NDArray[np.int32], size: int, m: float, node: int
) -> int:
    child = size
    while child > 0:
        parent = (child - 1) >> 1
        if heap_m[parent] <= m:
            break
        heap_m[child], heap_node[child] = heap_m[parent], heap_node[parent]
        child = parent
    heap_m[child], heap_node[child] = m, node
    return size + 1


@njit(cache=True, nogil=True)
def _pop(heap_m: NDArray[np.float64], heap_node: NDArray[np.int32], size: int) -> int:
    """Take the top away: let the hole sink to a leaf, then the last entry rise from there."""
    size -= 1
    hole, child = 0, 1
    while child < size:
        right = child + 1
        if right < size:
            child += heap_m[right] < heap_m[child]
        heap_m[hole], heap_node[hole] = heap_m[child], heap_node[child]
        hole = child
        child = 2 * hole + 1
    _push(heap_m, heap_node, hole, heap_m[size], heap_node[size])
    return size


@njit(cache=True, nogil=True)
def _settle(
    heap: tuple[NDArray[np.float64], NDArray[np.int32]],
    size: int,
    best_m: NDArray[np.float64],
    arcs: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]],
    limit_m: float,
    out: tuple[NDArray[np.int32], NDArray[np.float64]],
) -> int:
    """Empty the heap: write the nodes reached, nearest first, and give their number."""
    heap_m, heap_node = heap
    offset, neighbour, arc_m = arcs
    out_node, out_m = out
    n = 0
    while size > 0:
        m, node = heap_m[0], heap_node[0]
        size = _pop(heap_m, heap_node, size)
        if m > best_m[node]:
            continue  # an older, longer way to a node that was settled since
        out_node[n], out_m[n] = node, m
        n += 1
        for arc in range(offset[node], offset[node + 1]):
            onwards = m + arc_m[arc]
            if onwards <= limit_m and onwards < best_m[neighbour[arc]]:
                best_m[neighbour[arc]] = onwards
                size = _push(heap_m, heap_node, size, onwards, neighbour[arc])
    return n


@njit(cache=True, nogil=True)
def walk(
    segments: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]],
    arcs: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]],
    source: NDArray[np.int32],
    position_m: NDArray[np.float64],
    limit_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Walk from each source to the nodes within the limit.

    Parameters
    ----------
    segments
        Nodes u and v and length in metres of each segment.
    arcs
        The arcs of each node as offsets, the node at their other end, their length in metres.
    source, position_m
        Segment of each source (-1 for none) and metres from its start, from 0 to its length.
    limit_m
        Farthest walk in metres, included.

    Returns
    -------
    tuple
        Offsets of the sources' rows; nodes, nearest first; their distance in metres.
    """
    u, v, length_m = segments
    n_nodes = len(arcs[0]) - 1
    best_m = np.full(n_nodes, np.inf)
    # Each arc is looked at once, from its settled node: the heap never holds more.
    heap = (np.empty(len(arcs[1]) + 2), np.empty(len(arcs[1]) + 2, np.int32))
    found = (np.empty(n_nodes, np.int32), np.empty(n_nodes))
    at = np.zeros(len(source) + 1, np.int64)
    node = np.empty(1024, np.int32)
    distance_m = np.empty(1024)
    for i in range(len(source)):
        n = 0
        segment = source[i]
        if segment >= 0:
            size = 0
            to_v = length_m[segment] - position_m[i]
            if position_m[i] <= limit_m:
                best_m[u[segment]] = position_m[i]
                size = _push(heap[0], heap[1], size, position_m[i], u[segment])
            if to_v <= limit_m and to_v < best_m[v[segment]]:
                best_m[v[segment]] = to_v
                size = _push(heap[0], heap[1], size, to_v, v[segment])
            n = _settle(heap, size, best_m, arcs, limit_m, found)
        end = at[i] + n
        at[i + 1] = end
        if end > len(node):
            node = np.concatenate((node[: at[i]], np.empty(end, np.int32)))
            distance_m = np.concatenate((distance_m[: at[i]], np.empty(end)))
        node[at[i] : end] = found[0][:n]
        distance_m[at[i] : end] = found[1][:n]
        best_m[found[0][:n]] = np.inf
    return at, node[: at[-1]].copy(), distance_m[: at[-1]].copy()


@njit(cache=True, nogil=True)
def segments_of(
    arcs: tuple[NDArray[np.int64], NDArray[np.int32]],
    n_segments: int,
    source: NDArray[np.int32],
    reach: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Give each segment the distance of the first of its ends: nodes come nearest first."""
    offset, via = arcs
    reach_offset, node, node_m = reach
    most = len(source)
    for one in node:
        most += offset[one + 1] - offset[one]
    segment, distance_m = np.empty(most, np.int32), np.empty(most)
    seen = np.full(n_segments, -1, np.int32)
    at = np.zeros(len(source) + 1, np.int64)
    n = 0
    for i in range(len(source)):
        if source[i] >= 0:
            segment[n], distance_m[n] = source[i], 0.0
            seen[source[i]] = i
            n += 1
        for k in range(reach_offset[i], reach_offset[i + 1]):
            for arc in range(offset[node[k]], offset[node[k] + 1]):
                if seen[via[arc]] != i:
                    seen[via[arc]] = i
                    segment[n], distance_m[n] = via[arc], node_m[k]
                    n += 1
        at[i + 1] = n
    return at, segment[:n].copy(), distance_m[:n].copy()
