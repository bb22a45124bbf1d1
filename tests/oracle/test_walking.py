"""Walking distances against networkx and against a street of known lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.analysis.walking import Adjacency, segment_reach, walk_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Streets = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], int]


def random_streets(seed: int, n_nodes: int, n_segments: int) -> Streets:
    """Streets with parallels, loops, dead ends, ties, metre-long pieces and parts cut off."""
    rng = np.random.default_rng(seed)
    u, v = rng.integers(0, n_nodes, (2, n_segments))
    near = rng.random(n_segments) < 0.7
    v[near] = np.minimum(u[near] + rng.integers(0, 4, near.sum()), n_nodes - 1)
    length = np.where(rng.random(n_segments) < 0.5, rng.integers(0, 200, n_segments), 0.0)
    length += np.where(length == 0, rng.uniform(0, 300, n_segments), 0.0)
    return u, v, length, n_nodes


def slow_walk(
    streets: Streets, segment: int, position_m: float, limit_m: float
) -> dict[int, float]:
    u, v, length, n_nodes = streets
    graph: nx.MultiGraph[int | str] = nx.MultiGraph()
    graph.add_nodes_from(range(n_nodes))
    graph.add_weighted_edges_from(zip(u.tolist(), v.tolist(), length.tolist(), strict=True))
    graph.add_edge("here", int(u[segment]), weight=position_m)
    graph.add_edge("here", int(v[segment]), weight=float(length[segment]) - position_m)
    reached = nx.single_source_dijkstra_path_length(graph, "here", cutoff=limit_m)
    return {node: m for node, m in reached.items() if isinstance(node, int)}


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_nodes=st.integers(1, 60),
    n_segments=st.integers(1, 120),
    limit_m=st.sampled_from([0.0, 50.0, 333.3, 1200.0, np.inf]),
)
def test_distances_are_those_of_networkx(
    seed: int, n_nodes: int, n_segments: int, limit_m: float
) -> None:
    streets = random_streets(seed, n_nodes, n_segments)
    u, v, length, _ = streets
    adjacency = Adjacency.build(*streets)
    rng = np.random.default_rng(seed)
    source = rng.integers(-1, n_segments, 5)
    position = rng.choice([0.0, 0.3, 1.0], 5) * length[source]
    nodes = walk_from(adjacency, source, position, limit_m)
    segments = segment_reach(adjacency, source, position, limit_m)
    for i, row in enumerate(source):
        at = slice(nodes.offset[i], nodes.offset[i + 1])
        got = dict(zip(nodes.node[at].tolist(), nodes.distance_m[at].tolist(), strict=True))
        if row < 0:
            assert got == {}
            assert segments.offset[i] == segments.offset[i + 1]
            continue
        expected = slow_walk(streets, int(row), float(position[i]), limit_m)
        on_limit = got.keys() ^ expected.keys()
        assert all(abs(got.get(n, expected.get(n, 0.0)) - limit_m) < 1e-9 for n in on_limit), (
            "only rounding at the limit may differ"
        )
        both = sorted(got.keys() & expected.keys())
        assert [got[n] for n in both] == pytest.approx([expected[n] for n in both], abs=1e-9)
        assert (np.diff(nodes.distance_m[at]) >= 0).all()

        at = slice(segments.offset[i], segments.offset[i + 1])
        found = dict(
            zip(segments.segment[at].tolist(), segments.distance_m[at].tolist(), strict=True)
        )
        assert len(found) == at.stop - at.start  # each segment once
        nearer_end = {
            s: min(got.get(int(u[s]), np.inf), got.get(int(v[s]), np.inf))
            for s in range(n_segments)
        }
        nearer_end[int(row)] = 0.0
        assert found == {s: m for s, m in nearer_end.items() if np.isfinite(m)}
        assert (np.diff(segments.distance_m[at]) >= 0).all()


# 0 --100-- 1 --50-- 2 --80-- 3, a loop of 40 at 2, a second way of 120 from 0 to 1; 4 -- 5 apart.
STREET = Adjacency.build([0, 1, 2, 2, 0, 4], [1, 2, 3, 2, 1, 5], [100, 50, 80, 40, 120, 10], 6)


def test_walk_by_hand() -> None:
    nodes = walk_from(STREET, [0, 1], [30.0, 0.0], 150.0)
    assert nodes.offset.tolist() == [0, 3, 7]
    assert nodes.node.tolist() == [0, 1, 2, 1, 2, 0, 3]
    assert nodes.distance_m.tolist() == [30.0, 70.0, 120.0, 0.0, 50.0, 100.0, 130.0]
    assert nodes.source.tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_segments_by_hand() -> None:
    near = segment_reach(STREET, [0], [30.0], 150.0)
    assert near.segment.tolist() == [0, 4, 1, 2, 3]
    assert near.distance_m.tolist() == [0.0, 30.0, 70.0, 120.0, 120.0]
    assert near.source.tolist() == [0] * 5


def test_the_own_segment_is_reached_even_when_its_ends_are_not() -> None:
    assert walk_from(STREET, [0], [50.0], 20.0).node.tolist() == []
    near = segment_reach(STREET, [0], [50.0], 20.0)
    assert near.segment.tolist() == [0]
    assert near.distance_m.tolist() == [0.0]


def test_the_limit_is_included_and_positions_beyond_the_ends_are_the_ends() -> None:
    assert walk_from(STREET, [0], [30.0], 70.0).node.tolist() == [0, 1]
    beyond = walk_from(STREET, [0, 0], [-1e-9, 100.0001], 10.0)
    assert beyond.node.tolist() == [0, 1]
    assert beyond.distance_m.tolist() == [0.0, 0.0]


def test_a_loop_is_walked_the_shorter_way() -> None:
    nodes = walk_from(STREET, [3], [30.0], 1000.0)
    assert nodes.node[0] == 2
    assert nodes.distance_m[0] == 10.0


def test_sources_do_not_disturb_each_other() -> None:
    streets = random_streets(5, 300, 600)
    adjacency = Adjacency.build(*streets)
    rng = np.random.default_rng(6)
    source = rng.integers(0, 600, 40)
    position = rng.random(40) * streets[2][source]
    together = walk_from(adjacency, source, position, 400.0)
    for i in range(40):
        alone = walk_from(adjacency, source[i : i + 1], position[i : i + 1], 400.0)
        at = slice(together.offset[i], together.offset[i + 1])
        assert together.node[at].tolist() == alone.node.tolist()
        assert together.distance_m[at].tolist() == alone.distance_m.tolist()


def test_no_sources_and_no_streets() -> None:
    assert walk_from(STREET, [], [], 100.0).offset.tolist() == [0]
    assert segment_reach(STREET, [], [], 100.0).offset.tolist() == [0]
    empty = Adjacency.build([], [], [], 0)
    assert empty.n_nodes == 0
    assert walk_from(empty, [-1], [0.0], 100.0).offset.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("segment", "position_m", "limit_m"),
    [
        ([6], [0.0], 1.0),
        ([-2], [0.0], 1.0),
        ([0], [np.nan], 1.0),
        ([0], [0.0], -1.0),
        ([0], [], 1.0),
    ],
)
def test_impossible_sources_are_refused(
    segment: list[int], position_m: list[float], limit_m: float
) -> None:
    with pytest.raises(ValueError, match=r"segment|finite"):
        walk_from(STREET, segment, position_m, limit_m)


@pytest.mark.parametrize("length", [-1.0, np.nan, np.inf])
def test_impossible_streets_are_refused(length: float) -> None:
    with pytest.raises(ValueError, match="length"):
        Adjacency.build([0], [1], [length], 2)
    with pytest.raises(ValueError, match="node"):
        Adjacency.build([0], [2], [1.0], 2)
