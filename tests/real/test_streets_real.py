"""Whole cities: what their files hold comes out, and OSMnx read plainly agrees."""

from __future__ import annotations

import numpy as np
import osmnx as ox
import pytest
import shapely

from corridors.analysis.coverage import covered_segments
from corridors.domain.area import StreetsInput
from corridors.domain.tables import SEGMENTS
from corridors.sources.coverage import read_coverage
from corridors.sources.streets import StreetsRead, read_streets
from tests.shared import shared_path

pytestmark = pytest.mark.shared


def read(name: str, crs: str) -> StreetsRead:
    path = shared_path(f"data/{name}/streets.osm.bz2")
    result = read_streets(StreetsInput(path=path.name), path.parent, crs)
    SEGMENTS.check(result.network.segments)
    return result


@pytest.fixture(scope="module")
def portsmouth() -> StreetsRead:
    return read("portsmouth", "EPSG:27700")


def check_whole(result: StreetsRead) -> None:
    network = result.network
    assert network.segments["segment_id"].is_unique
    assert (network.length_m > 0.001).all()
    lines = network.segments.geometry.to_numpy()
    assert shapely.is_valid(lines).all()
    assert np.array_equal(
        shapely.get_coordinates(shapely.get_point(lines, 0)), network.node_xy[network.u]
    )
    assert np.array_equal(
        shapely.get_coordinates(shapely.get_point(lines, -1)), network.node_xy[network.v]
    )


def test_portsmouth(portsmouth: StreetsRead) -> None:
    check_whole(portsmouth)
    length_m = portsmouth.network.length_m
    assert portsmouth.n_ways_in == 5_818
    assert length_m.sum() == pytest.approx(698_000, rel=0.005)
    largest = portsmouth.network.segments["component"] == 0
    # The file's description gives 90 % in whole tens.
    assert length_m[largest].sum() / length_m.sum() == pytest.approx(0.9, abs=0.04)


def test_portsmouth_is_what_osmnx_reads_in_both_directions(portsmouth: StreetsRead) -> None:
    """We let OSMnx read each street in one direction; both directions must say the same."""
    path = shared_path("data/portsmouth/streets.osm.bz2")
    graph = ox.graph_from_xml(path, bidirectional=True, retain_all=True, simplify=False)
    graph = ox.simplify_graph(graph, remove_rings=False)
    theirs = ox.graph_to_gdfs(ox.project_graph(graph, to_crs="EPSG:27700"), nodes=False)
    lines = theirs.geometry.to_numpy()
    theirs_once = set(shapely.to_wkb(shapely.normalize(lines)).tolist())
    ours = portsmouth.network.segments.geometry.to_numpy()
    ours_once = set(shapely.to_wkb(shapely.normalize(ours)).tolist())
    # They leave lone loops in pieces; and nothing else differs.
    loops = portsmouth.network.u == portsmouth.network.v
    assert len(ours_once - theirs_once) <= loops.sum()
    both = ours_once & theirs_once
    assert len(both) > 0.995 * len(theirs_once)
    lost = theirs_once - ours_once
    gained = ours_once - theirs_once
    assert shapely.length(shapely.from_wkb(list(lost))).sum() == pytest.approx(
        shapely.length(shapely.from_wkb(list(gained))).sum(), rel=0.02
    )


def test_london_central_and_its_coverage() -> None:
    result = read("london-central", "EPSG:27700")
    check_whole(result)
    network = result.network
    assert result.n_ways_in == 20_972
    assert network.length_m.sum() == pytest.approx(1_199_000, rel=0.005)
    polygons = shared_path("data/london-central/coverage.gpkg")
    covered = covered_segments(network, read_coverage(polygons, network.crs))
    # "About a quarter of the street length has no data at all."
    without = 1 - network.length_m[covered].sum() / network.length_m.sum()
    assert without == pytest.approx(0.25, abs=0.03)


def test_san_francisco() -> None:
    result = read("san-francisco", "EPSG:32610")
    check_whole(result)
    # 10,819 junctions in the file; those of degree two are on the way from one to another.
    assert result.network.n_nodes <= 10_819
    assert result.network.n_segments > result.network.n_nodes
