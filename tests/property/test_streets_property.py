"""Whatever the ways, no metre of street is lost or counted twice, and no junction is missed."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from corridors.domain.area import StreetsInput
from corridors.domain.tables import SEGMENTS
from corridors.sources.streets import read_streets
from corridors.sources.streets_walkable import left_out_because
from tests.unit.tiny_osm import Way, grid, write_osm

CRS = "EPSG:27700"
SIZE = 5
NODES = grid(SIZE)
TAGS: list[dict[str, str]] = [
    {},
    {},
    {},
    {"oneway": "yes"},
    {"bridge": "yes", "layer": "1"},
    {"tunnel": "yes"},
    {"access": "private"},
]
WAYS = st.lists(
    st.builds(
        Way,
        st.lists(st.integers(0, SIZE * SIZE - 1), min_size=2, max_size=7),
        st.sampled_from(TAGS),
    ),
    min_size=1,
    max_size=8,
)


def pieces(ways: list[Way]) -> nx.Graph[int]:
    """The slow, obvious twin: every pair of neighbouring vertices once, with its length."""
    transformer = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    xy = {node: np.array(transformer.transform(*place)) for node, place in NODES.items()}
    graph: nx.Graph[int] = nx.Graph()
    for way in ways:
        if not left_out_because(way.all_tags):
            for a, b in itertools.pairwise(way.nodes):
                if a != b:
                    graph.add_edge(a, b, length=float(np.hypot(*(xy[a] - xy[b]))))
    return graph


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WAYS)
def test_nothing_is_lost_and_nothing_counts_twice(ways: list[Way]) -> None:
    expected = pieces(ways)
    if not expected.number_of_edges():
        return
    with tempfile.TemporaryDirectory() as folder:
        path = write_osm(Path(folder) / "streets.osm", NODES, ways)
        result = read_streets(StreetsInput(path=path.name), path.parent, CRS)
    network = result.network
    segments = network.segments
    SEGMENTS.check(segments)
    total_m = sum(data["length"] for _, _, data in expected.edges(data=True))
    assert network.length_m.sum() == pytest.approx(total_m, rel=1e-9)
    assert segments["segment_id"].is_unique
    assert (network.length_m > 0).all()
    assert result.n_components == nx.number_connected_components(expected)
    named = segments["segment_id"].str.split("-", expand=True).iloc[:, :2].astype(int)
    ends = set(named.to_numpy().ravel())
    assert ends >= {node for node, degree in expected.degree() if degree != 2}
    assert set(segments[["u", "v"]].to_numpy().ravel()) == set(range(network.n_nodes))
