"""What the toy town's docstring says is known by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from corridors.domain.tables import SCHOOLS, SEGMENTS
from tests.toy import ORIGIN, toy_gates, toy_network, toy_plan, toy_schools


def test_lengths_and_parts() -> None:
    network = toy_network()
    SEGMENTS.check(network.segments)
    expected = [100.0] * 12 + [50.0, np.sqrt(200.0**2 + 100.0**2), 100.0]
    np.testing.assert_allclose(network.length_m, expected)
    assert network.length_m.sum() == pytest.approx(1573.607, abs=5e-4)
    degree = np.bincount(np.concatenate([network.u, network.v]), minlength=network.n_nodes)
    assert degree.tolist() == [2, 3, 3, 4, 4, 3, 2, 3, 3, 1, 1, 1]


def test_walks_and_components() -> None:
    network = toy_network()
    n = network.n_nodes
    graph = coo_array((network.length_m, (network.u, network.v)), shape=(n, n)).tocsr()
    count, label = connected_components(graph, directed=False)
    assert count == 2
    assert (label[network.u] == label[network.u[0]]).tolist() == [True] * 14 + [False]
    walk_m = dijkstra(graph, directed=False, indices=[0, 3])
    assert walk_m[0, 8] == 400.0
    assert walk_m[1, 2] == pytest.approx(223.607, abs=5e-4)


def test_ends_gates_and_the_crossing() -> None:
    network = toy_network()
    lines = network.segments.geometry.to_numpy()
    np.testing.assert_allclose(
        shapely.get_coordinates(shapely.get_point(lines, 0)), network.node_xy[network.u]
    )
    np.testing.assert_allclose(
        shapely.get_coordinates(shapely.get_point(lines, -1)), network.node_xy[network.v]
    )
    schools = toy_schools()
    SCHOOLS.check(schools)
    for row, nearest in ((0, 2), (1, 11)):
        point = shapely.Point(schools["x"][row], schools["y"][row])
        assert int(shapely.distance(lines, point).argmin()) == nearest
        assert shapely.distance(lines[nearest], point) == pytest.approx(4.0)
        gate = shapely.Point(toy_gates()[schools["school_id"][row]])
        assert shapely.distance(lines[nearest], gate) < 1e-9
    crossing = shapely.Point(ORIGIN[0] + 100.0, ORIGIN[1] + 50.0)
    assert np.flatnonzero(shapely.distance(lines, crossing) < 1e-9).tolist() == [8, 13]


def test_the_plan_walks_connected_streets() -> None:
    network = toy_network()
    (corridor,) = toy_plan().corridors
    rows = [int(segment_id[1:]) for segment_id in corridor.walk]
    for here, there in pairwise(rows):
        assert {network.u[here], network.v[here]} & {network.u[there], network.v[there]}
    assert network.length_m[rows].sum() == corridor.length_m == 300.0
