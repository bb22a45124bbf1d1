"""Knots: nodes joined by pieces of street shorter than a step, which waves cross at once.

Real street data is full of them. Between the nodes of a knot a wave runs to and fro many times
within one step; one small linear system a knot, inverted beforehand, gives the end of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["grouped", "number_nodes", "solve_knots", "tie_knots"]

_KNOT_NODES = 32
"""Most nodes in a knot: a longer chain of tiny pieces is cut at its longest, which takes a step."""


@njit(cache=True, nogil=True)
def tie_knots(
    ends: NDArray[np.int32], shortest_first: NDArray[np.int64], n_nodes: int
) -> NDArray[np.int32]:
    """Join nodes over short pieces, as long as a knot does not grow too large."""
    knot = np.arange(n_nodes).astype(np.int32)
    size = np.ones(n_nodes, dtype=np.int32)
    for i in shortest_first:
        a, b = ends[i, 0], ends[i, 1]
        while knot[a] != a:
            knot[a] = knot[knot[a]]
            a = knot[a]
        while knot[b] != b:
            knot[b] = knot[knot[b]]
            b = knot[b]
        if a != b and size[a] + size[b] <= _KNOT_NODES:
            knot[max(a, b)] = min(a, b)
            size[min(a, b)] += size[max(a, b)]
    for a in range(n_nodes):
        knot[a] = knot[knot[a]]
    return knot


@njit(cache=True, nogil=True)
def number_nodes(
    ends: NDArray[np.int32], knot: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give nodes new numbers: those of a knot follow each other, neighbours are near.

    The order is that in which a walk that goes on as far as it can meets the knots.

    Parameters
    ----------
    ends
        ``(n_segments, 2)`` nodes.
    knot
        ``(n_nodes,)`` from `tie_knots`.

    Returns
    -------
    knot, number
        ``(n_nodes,)``: knot by new number, ascending; new number by old.
    """
    n_nodes, n_ranked = len(knot), 0
    first, neighbour = grouped(knot[ends.ravel()], knot[ends[:, ::-1].copy().ravel()], n_nodes)
    rank = np.full(n_nodes, -1, dtype=np.int32)
    line = np.empty(len(neighbour) + 1, dtype=np.int32)
    for start in range(n_nodes):
        line[0], n_line = knot[start], 1
        while n_line > 0:
            n_line -= 1
            here = line[n_line]
            if rank[here] >= 0:
                continue
            rank[here] = n_ranked
            n_ranked += 1
            for at in range(first[here], first[here + 1]):
                if rank[neighbour[at]] < 0:
                    line[n_line] = neighbour[at]
                    n_line += 1
    of_node = rank[knot]
    _, order = grouped(of_node, np.arange(n_nodes).astype(np.int32), n_nodes)
    number = np.empty(n_nodes, dtype=np.int32)
    number[order] = np.arange(n_nodes)
    return of_node[order], number


@njit(cache=True, nogil=True)
def grouped(
    key: NDArray[np.int32], value: NDArray[np.int32], n_keys: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Order values by key: where each key begins, and the values."""
    first = np.zeros(n_keys + 1, dtype=np.int64)
    for k in key:
        first[k + 1] += 1
    first = np.cumsum(first)
    at, grouped = first.copy(), np.empty_like(value)
    for k in range(len(key)):
        grouped[at[key[k]]] = value[k]
        at[key[k]] += 1
    return first, grouped


def solve_knots(
    node: NDArray[np.int32],
    other: NDArray[np.int32],
    at_once: NDArray[np.float64],
    gain: NDArray[np.float64],
    spread: NDArray[np.float64],
    echo: NDArray[np.float64],
    knot: NDArray[np.int32],
    knot_first: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Invert, knot by knot, how nodes feed each other within a step."""
    size = np.diff(knot_first)
    inside = np.flatnonzero(at_once)
    if not len(inside):
        return np.zeros(len(size) + 1, dtype=np.int64), np.zeros(0)
    a, b = node[inside], other[inside]
    # a node with a short loop is a knot of one that has to be solved too
    tied = np.bincount(knot[a], minlength=len(size)) > 0
    solution_first = np.concatenate([[0], np.cumsum(np.where(tied, size**2, 0))])
    solution = np.zeros(int(solution_first[-1]))
    place = np.arange(len(knot)) - knot_first[knot]
    for n in np.unique(size[tied]):
        which = np.flatnonzero(tied & (size == n))
        row = np.full(len(size), -1)
        row[which] = np.arange(len(which))
        mine = row[knot[a]] >= 0
        at, k = row[knot[a[mine]]], inside[mine]
        p, q = place[a[mine]], place[b[mine]]
        matrix = np.zeros((len(which), n, n))
        np.add.at(matrix, (at, p, q), -spread[a[mine]] * gain[k])
        np.add.at(matrix, (at, p, p), spread[a[mine]] * gain[k] * at_once[k] * echo[b[mine]])
        matrix += np.eye(n)
        nodes = knot_first[which][:, None] + np.arange(n)
        solved = np.linalg.inv(matrix) * spread[nodes][:, None, :]
        solution[solution_first[which][:, None] + np.arange(n * n)] = solved.reshape(len(which), -1)
    return solution_first, solution
