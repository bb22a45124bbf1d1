"""Knots: nodes joined by pieces of street shorter than a step, which waves cross at once.

Real street data is full of them. Between the nodes of a knot a wave runs to and fro many times
within one step; one small linear system a knot, inverted beforehand, gives the end of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from scipy.sparse import coo_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["number_nodes", "solve_knots", "tie_knots"]

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


def number_nodes(
    ends: NDArray[np.int32], knot: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give nodes new numbers: those of a knot follow each other, neighbours are near.

    Returns
    -------
    knot, number
        ``(n_nodes,)``: knot by new number, ascending; new number by old.
    """
    n_nodes = len(knot)
    roots, of_node = np.unique(knot, return_inverse=True)
    links = of_node[ends]
    graph = coo_matrix(
        (np.ones(len(links), dtype=np.int8), links.T), shape=(len(roots), len(roots))
    ).tocsr()
    graph = (graph + graph.T).tocsr()
    rank = _rank_by_depth(graph.indptr, graph.indices)
    order = np.argsort(rank[of_node], kind="stable")
    number = np.empty(n_nodes, dtype=np.int32)
    number[order] = np.arange(n_nodes)
    return rank[of_node][order], number


@njit(cache=True, nogil=True)
def _rank_by_depth(first: NDArray[np.int32], neighbour: NDArray[np.int32]) -> NDArray[np.int32]:
    """Rank knots as a walk that goes on as far as it can meets them."""
    n, n_ranked = len(first) - 1, 0
    rank = np.full(n, -1, dtype=np.int32)
    line = np.empty(len(neighbour) + 1, dtype=np.int32)
    for start in range(n):
        line[0], n_line = start, 1
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
    return rank


def solve_knots(  # one equation a node
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
