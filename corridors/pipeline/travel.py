"""How far it is from one corridor to another over the streets, for posts that walk two patrols."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations

import numpy as np

from corridors.analysis.walking import Adjacency, walk_from
from corridors.domain.network import StreetNetwork
from corridors.domain.plan import Corridor

__all__ = ["FARTHEST_M", "travel_between"]

FARTHEST_M = 5_000.0
"""Farther apart nobody walks from one patrol to the next: over an hour."""


def travel_between(
    network: StreetNetwork, corridors: Iterable[Corridor]
) -> dict[tuple[str, str], float]:
    """Measure the walk between every two corridors.

    A patrol may walk its corridor in either direction, so the longest way from an end of one to an
    end of the other counts.

    Parameters
    ----------
    network
        The streets.
    corridors
        Their `walk` is used; ends are the middles of its first and last segment.

    Returns
    -------
    dict
        Metres by two corridor ids, each pair once; infinite beyond `FARTHEST_M` and where no walk
        leads.
    """
    by_id = {one.corridor_id: one for one in corridors if one.walk}
    names = sorted(by_id)
    row_of = {str(name): row for row, name in enumerate(network.segments["segment_id"])}
    ends = np.array(
        [[row_of[by_id[name].walk[0]], row_of[by_id[name].walk[-1]]] for name in names], np.int32
    ).reshape(-1, 2)
    half_m = network.length_m / 2
    streets = Adjacency.build(network.u, network.v, network.length_m, network.n_nodes)
    walks = []
    for pair in ends:
        reach = walk_from(streets, pair, half_m[pair], FARTHEST_M)
        to_node = np.full((2, network.n_nodes), np.inf)
        to_node[reach.source, reach.node] = reach.distance_m
        to_middle = np.minimum(to_node[:, network.u[ends]], to_node[:, network.v[ends]])
        to_middle = to_middle + half_m[ends]
        to_middle[pair[:, None, None] == ends] = 0.0
        walks.append(to_middle.max(axis=(0, 2)))
    return {
        (names[one], names[other]): _within(float(walks[one][other]))
        for one, other in combinations(range(len(names)), 2)
    }


def _within(metres: float) -> float:
    return metres if metres <= FARTHEST_M else math.inf
