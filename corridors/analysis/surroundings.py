"""Around a school: where its gate meets the streets, and what can be walked from there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.walk_tree import WalkTree
from corridors.analysis.walking import Adjacency, segment_reach, walk_from
from corridors.domain.network import StreetNetwork
from corridors.domain.parameters import Parameters

__all__ = ["Gates", "place_gates", "walk_trees"]


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """Where the gates are on the network.

    Parameters
    ----------
    segment
        ``(n_schools,)`` row of the segment, -1 where no street is near enough.
    position_m
        ``(n_schools,)`` metres from the start of that segment.
    distance_m
        ``(n_schools,)`` metres from the school's point to the nearest street of any kind, however
        far.
    """

    segment: NDArray[np.int32]
    position_m: NDArray[np.float64]
    distance_m: NDArray[np.float64]


def place_gates(
    network: StreetNetwork, index: SegmentIndex, schools: pd.DataFrame, parameters: Parameters
) -> Gates:
    """Put each gate on the nearest street from which a whole corridor can be walked.

    A path inside the school's own grounds may be nearest and lead nowhere: connected parts that
    are shorter than a corridor are passed over while another street is within the tolerance.
    """
    x, y = schools["x"].to_numpy(np.float64), schools["y"].to_numpy(np.float64)
    component = network.segments["component"].to_numpy()
    part_m = np.bincount(component, weights=network.length_m, minlength=1)
    is_long = part_m[component] >= parameters.corridor_length_m
    nearest = index.nearest(x, y, parameters.gate_tolerance_m)
    segment, position_m = nearest.segment.copy(), nearest.position_m.copy()
    on_short = (segment >= 0) & ~is_long[segment]
    if on_short.any() and is_long.any():
        rows = np.flatnonzero(is_long)
        long_index = SegmentIndex.build(network.segments.geometry.to_numpy()[rows])
        other = long_index.nearest(x[on_short], y[on_short], parameters.gate_tolerance_m)
        found = other.segment >= 0
        at = np.flatnonzero(on_short)[found]
        segment[at] = rows[other.segment[found]]
        position_m[at] = other.position_m[found]
    anywhere = index.nearest(x, y, np.inf)
    return Gates(segment, position_m, anywhere.distance_m)


def walk_trees(
    network: StreetNetwork, gates: Gates, parameters: Parameters
) -> list[WalkTree | None]:
    """Give what can be walked from each gate within a corridor's length; None without a gate."""
    adjacency = Adjacency.build(network.u, network.v, network.length_m, network.n_nodes)
    budget_m = parameters.corridor_length_m
    nodes = walk_from(adjacency, gates.segment, gates.position_m, budget_m)
    near = segment_reach(adjacency, gates.segment, gates.position_m, budget_m)
    trees: list[WalkTree | None] = []
    for school, segment in enumerate(gates.segment):
        if segment < 0:
            trees.append(None)
            continue
        at = slice(nodes.offset[school], nodes.offset[school + 1])
        trees.append(
            WalkTree.build(
                network.u,
                network.v,
                network.length_m,
                nodes.node[at],
                nodes.distance_m[at],
                int(segment),
                near.segment[near.offset[school] : near.offset[school + 1]],
                budget_m,
            )
        )
    return trees
