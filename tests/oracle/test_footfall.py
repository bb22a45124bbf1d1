"""Footfall against walks one by one in networkx, on small random streets."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.analysis.footfall import Flow, Footfall
from corridors.analysis.footfall_places import DestinationPlaces
from corridors.analysis.surroundings import Gates
from corridors.analysis.walking import Adjacency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

N_KINDS = 4
DECAYS_M = np.array([300.0, 300.0, 700.0, 700.0])
SHARES = np.array([0.4, 0.1, 0.3, 0.2])
PIECES = 200
HERE = -1
"""The gate, as a node."""


def random_footfall(
    seed: int, n_nodes: int, n_segments: int, reach_m: float, *, with_ties: bool
) -> Footfall:
    """Streets with parallels, loops, dead ends and parts cut off; points and spread weights."""
    rng = np.random.default_rng(seed)
    u, v = rng.integers(0, n_nodes, (2, n_segments))
    ties, lengths = rng.integers(0, 4, n_segments) * 50.0, rng.uniform(5, 300, n_segments)
    length_m = ties if with_ties else lengths
    segment = np.sort(rng.integers(0, n_segments, rng.integers(0, 12)))
    spread = np.zeros((n_segments, N_KINDS))
    spread[:, 2] = rng.random(n_segments) * (rng.random(n_segments) < 0.3)
    spread[:, 3] = length_m
    offset = np.zeros(n_segments + 1, np.int64)
    offset[1:] = np.cumsum(np.bincount(segment, minlength=n_segments))
    places = DestinationPlaces(
        offset=offset,
        kind=rng.integers(0, 3, len(segment)),
        position_m=rng.random(len(segment)) * length_m[segment],
        weight=rng.integers(0, 5, len(segment)).astype(float),
        spread=spread,
        n_placed=np.zeros(3, np.int64),
        n_far=np.zeros(3, np.int64),
    )
    gate = int(rng.integers(0, n_segments))
    position_m = float(rng.choice([0.0, 0.37, 1.0]) * length_m[gate])
    return Footfall(
        note="",
        decay_m=700.0,
        adjacency=Adjacency.build(u, v, length_m, n_nodes),
        gates=Gates(np.array([gate], np.int32), np.array([position_m]), np.zeros(1)),
        places=places,
        decays_m=DECAYS_M,
        shares=SHARES,
        reach_m=reach_m,
    )


class SlowWalks:
    """The shortest walks from the gate, each a set of segments."""

    def __init__(self, footfall: Footfall) -> None:
        streets, gates = footfall.adjacency, footfall.gates
        assert streets is not None
        assert gates is not None
        self.streets = streets
        self.gate, self.gate_m = int(gates.segment[0]), float(gates.position_m[0])
        self.graph: nx.MultiGraph[int] = nx.MultiGraph()
        for row, (u, v, m) in enumerate(zip(streets.u, streets.v, streets.length_m, strict=True)):
            self.graph.add_edge(int(u), int(v), key=row, weight=float(m))
        to_v_m = float(streets.length_m[self.gate]) - self.gate_m
        self.graph.add_edge(HERE, int(streets.u[self.gate]), key=-1, weight=self.gate_m)
        self.graph.add_edge(HERE, int(streets.v[self.gate]), key=-2, weight=to_v_m)
        self.walk_m: dict[int, float] = nx.single_source_dijkstra_path_length(
            self.graph, HERE, cutoff=footfall.reach_m
        )
        self.ways: dict[int, list[int]] = nx.single_source_dijkstra_path(
            self.graph, HERE, cutoff=footfall.reach_m
        )

    def to_node(self, node: int) -> set[int]:
        found: set[int] = set()
        for one, other in pairwise(self.ways[node]):
            keys = self.graph[one][other]
            key = int(min(keys, key=lambda key: keys[key]["weight"]))
            found.add(self.gate if key < 0 else key)
        return found

    def to_place(self, row: int, position_m: float) -> tuple[float, set[int]]:
        """Give the walk to a place on a segment, and all segments on it, its own included."""
        if row == self.gate:
            return abs(position_m - self.gate_m), {row}
        u, v = int(self.streets.u[row]), int(self.streets.v[row])
        rest_m = float(self.streets.length_m[row]) - position_m
        over_u = self.walk_m.get(u, math.inf) + position_m
        over_v = self.walk_m.get(v, math.inf) + rest_m
        if math.isinf(min(over_u, over_v)):
            return math.inf, set()
        return (
            (over_u, {row} | self.to_node(u))
            if over_u <= over_v
            else (
                over_v,
                {row} | self.to_node(v),
            )
        )


def single_places(footfall: Footfall) -> Iterator[tuple[int, int, float, float]]:
    """Give kind, segment, place and weight of each point; spread weights are points in a row."""
    places, streets = footfall.places, footfall.adjacency
    assert places is not None
    assert streets is not None
    for row in range(len(streets.u)):
        for j in range(places.offset[row], places.offset[row + 1]):
            yield int(places.kind[j]), row, float(places.position_m[j]), float(places.weight[j])
        for kind in np.flatnonzero(places.spread[row]):
            for n in range(PIECES):
                position_m = float((n + 0.5) / PIECES * streets.length_m[row])
                yield int(kind), row, position_m, float(places.spread[row, kind]) / PIECES


def slow_share(footfall: Footfall) -> NDArray[np.float64]:
    """Walk each destination's pupils on their own."""
    walks = SlowWalks(footfall)
    n_segments = len(walks.streets.u)
    drawn = np.zeros((N_KINDS, n_segments))
    total = np.zeros(N_KINDS)
    for kind, row, position_m, weight in single_places(footfall):
        to_m, over = walks.to_place(row, position_m)
        mass = weight * math.exp(-to_m / DECAYS_M[kind])
        total[kind] += mass
        drawn[kind, list(over)] += mass
    split = np.where(total > 0, SHARES, 0.0)
    split[-1] += 1.0 - split.sum()
    share: NDArray[np.float64] = (split / np.where(total > 0, total, 1.0)) @ drawn
    share[walks.gate] = 1.0
    return share


def dense(flow: Flow, n_segments: int) -> NDArray[np.float64]:
    share = np.zeros(n_segments)
    share[flow.segment] = flow.share
    return share


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_nodes=st.integers(1, 15),
    n_segments=st.integers(1, 25),
    reach_m=st.sampled_from([0.0, 150.0, 500.0, 1e6]),
)
def test_each_segment_has_the_pupils_that_walk_it(
    seed: int, n_nodes: int, n_segments: int, reach_m: float
) -> None:
    footfall = random_footfall(seed, n_nodes, n_segments, reach_m, with_ties=False)
    flow = footfall.flow(0)
    assert flow is not None
    assert dense(flow, n_segments) == pytest.approx(slow_share(footfall), abs=2e-3)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_nodes=st.integers(1, 40),
    n_segments=st.integers(1, 80),
    reach_m=st.sampled_from([0.0, 100.0, 400.0, 1e6]),
    with_ties=st.booleans(),
)
def test_what_flows_into_a_node_flows_out_or_ends(
    *, seed: int, n_nodes: int, n_segments: int, reach_m: float, with_ties: bool
) -> None:
    footfall = random_footfall(seed, n_nodes, n_segments, reach_m, with_ties=with_ties)
    flow, streets = footfall.flow(0), footfall.adjacency
    assert flow is not None
    assert streets is not None
    assert flow.through[0] + flow.ending[0].sum() == pytest.approx(1)
    assert flow.ending.sum() == pytest.approx(1)
    assert flow.split.sum() == pytest.approx(1)
    gate = flow.segment[0]
    assert (flow.through >= 0).all()
    assert (flow.ending >= 0).all()
    into, out = np.zeros(n_nodes), np.zeros(n_nodes)
    for row, through, ending, node in zip(
        flow.segment[1:], flow.through[1:], flow.ending[1:], flow.into[1:], strict=True
    ):
        u, v = streets.u[row], streets.v[row]
        out[u] += ending[0]
        out[v] += ending[1]
        if node >= 0:
            into[node] += through
            out[v if node == u else u] += through
    ends = np.unique([streets.u[gate], streets.v[gate]])
    others = np.setdiff1d(np.arange(n_nodes), ends)
    assert into[others] == pytest.approx(out[others], abs=1e-12)
    # What leaves the gate's own segment, over either end, is what walks through it.
    assert (out[ends] - into[ends]).sum() == pytest.approx(flow.through[0], abs=1e-12)
