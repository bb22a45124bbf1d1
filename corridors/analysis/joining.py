"""Junctions joined in pairs by the shortest walks in all: what a walk has to repeat.

A walk goes along each street once where an even number of them meets at every junction but its two
ends. The junctions with an odd number are joined in pairs, which is a matching of least weight; the
end of the walk is one partner more, whose place is free.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final, Literal, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from corridors.analysis.street_walks import StreetWalks

__all__ = ["ANYWHERE", "Joined", "join_across", "join_pairs"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ANYWHERE: Final = "anywhere"
"""The walk may end at any junction."""


class Joined(NamedTuple):
    """What is repeated: metres, and the segments."""

    length_m: float
    rows: list[int]


def join_pairs(
    walks: StreetWalks, nodes: IntArray, ends: IntArray | Literal["anywhere"] | None = None
) -> Joined:
    """Join nodes in pairs by the shortest walks in all.

    Parameters
    ----------
    walks
        On the streets that may be taken.
    nodes
        To be joined: an even number, or an odd one where there are ends.
    ends
        Nodes at one of which the walk ends: one of ``nodes`` is joined with it, and stays alone
        where it is an end itself. None: the walk comes back.

    Returns
    -------
    Joined
        The way to an end that is none of ``nodes`` counts in its metres and is not in its segments.
    """
    if nodes.size == 0:
        return Joined(0.0, [])
    walk_m, before = walks.between(nodes)
    cost_m = _costs(walk_m, nodes, ends)
    pairs = _least_pairs(cost_m)
    rows: list[int] = []
    for one, other in pairs:
        if other < nodes.size:
            rows.extend(walks.way(before[one], int(nodes[other])))
    return Joined(_summed(cost_m, pairs), rows)


def join_across(
    walks: StreetWalks, nodes: IntArray, inside: IntArray, outside: IntArray, least_m: float
) -> float:
    """Join nodes in pairs so that two parts of the streets hang together, and end in the outer one.

    Parameters
    ----------
    walks
        On the streets that may be taken.
    nodes
        To be joined, an odd number; each is in one of the parts.
    inside, outside
        Nodes of the parts.
    least_m
        Metres of the joining that does not care for the parts.

    Returns
    -------
    float
        Metres: either one of the pairs leads over from part to part, or a way there and back does.
    """
    walk_m, _ = walks.between(nodes)
    cost_m = _costs(walk_m, nodes, outside)
    is_inside = np.isin(nodes, inside)
    crossing_m = _crossing_costs(walks, walk_m, nodes, is_inside, inside, outside)
    there_m = float(walks.from_any(inside)[0][outside].min())
    best_m = least_m + 2.0 * there_m
    for one, other in combinations(range(nodes.size + 1), 2):
        over_m = float(crossing_m[one, other])
        if max(over_m, least_m + over_m - float(cost_m[one, other])) >= best_m:
            continue
        rest = [at for at in range(nodes.size + 1) if at not in (one, other)]
        rest_m = cost_m[np.ix_(rest, rest)]
        best_m = min(best_m, over_m + _summed(rest_m, _least_pairs(rest_m)))
    return best_m


def _costs(
    walk_m: FloatArray, nodes: IntArray, ends: IntArray | Literal["anywhere"] | None
) -> FloatArray:
    """Give the metres between the nodes; with ends, the last row is the way to the nearest."""
    between_m = walk_m[:, nodes]
    if ends is None:
        return between_m
    to_end_m = np.zeros(nodes.size) if isinstance(ends, str) else walk_m[:, ends].min(axis=1)
    cost_m = np.zeros((nodes.size + 1, nodes.size + 1))
    cost_m[:-1, :-1] = between_m
    cost_m[-1, :-1] = cost_m[:-1, -1] = to_end_m
    return cost_m


def _crossing_costs(
    walks: StreetWalks,
    walk_m: FloatArray,
    nodes: IntArray,
    is_inside: NDArray[np.bool_],
    inside: IntArray,
    outside: IntArray,
) -> FloatArray:
    """Give the metres between the nodes, and to an end outside, on ways that touch both parts."""
    cost_m = _costs(walk_m, nodes, outside)
    same = is_inside[:, None] == is_inside[None, :]
    for side, others in ((is_inside, outside), (~is_inside, inside)):
        to_m = walk_m[np.flatnonzero(side)][:, others]
        at = np.ix_(side, side)
        over_m = (to_m[:, None, :] + to_m[None, :, :]).min(axis=2, initial=np.inf)
        cost_m[:-1, :-1][at] = np.where(same[at], over_m, cost_m[:-1, :-1][at])
    # From outside to an end outside, by way of the inside.
    back_m = walks.from_any(outside)[0][inside]
    out = np.flatnonzero(~is_inside)
    round_m = (walk_m[out][:, inside] + back_m).min(axis=1, initial=np.inf)
    cost_m[-1, out] = cost_m[out, -1] = round_m
    return cost_m


def _least_pairs(cost_m: FloatArray) -> list[tuple[int, int]]:
    """Match all in pairs at the least cost, the smaller of each first."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from(
        (one, other, float(cost_m[one, other]))
        for one, other in combinations(range(len(cost_m)), 2)
        if np.isfinite(cost_m[one, other])
    )
    matched = nx.min_weight_matching(graph)
    return sorted((min(pair), max(pair)) for pair in matched)


def _summed(cost_m: FloatArray, pairs: list[tuple[int, int]]) -> float:
    return float(sum(float(cost_m[pair]) for pair in pairs))
