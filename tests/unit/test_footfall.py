"""The decay that stands in for destinations, and walks to destinations by hand."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from corridors.analysis.footfall import Footfall, footfall_of, footfall_share
from corridors.analysis.footfall_places import place_destinations
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import Gates
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.destinations import DESTINATION_KINDS, Destinations
from corridors.domain.network import StreetNetwork
from corridors.domain.parameters import Parameters


def test_by_hand() -> None:
    share = footfall_share(np.array([[0.0, 600.0], [600 * np.log(2), 1200.0]]), 600.0)
    assert share.shape == (2, 2)
    assert share.ravel().tolist() == pytest.approx([1.0, 0.36787944, 0.5, 0.13533528])


@given(
    st.lists(st.floats(0, 1e9), max_size=20).map(sorted),
    st.floats(50, 5000),
)
def test_a_share_that_never_rises_and_never_ends(distances: list[float], decay_m: float) -> None:
    share = footfall_share(distances, decay_m)
    assert ((share > 0) & (share <= 1)).all()
    assert (np.diff(share) <= 0).all()


@pytest.mark.parametrize("distance", [-1.0, np.nan, np.inf])
def test_impossible_distances_are_refused(distance: float) -> None:
    with pytest.raises(ValueError, match="distance"):
        footfall_share([0.0, distance], 600.0)


@pytest.mark.parametrize("decay_m", [0.0, -1.0, np.nan, np.inf])
def test_impossible_decays_are_refused(decay_m: float) -> None:
    with pytest.raises(ValueError, match="decay_m"):
        footfall_share([0.0], decay_m)


# --- with destinations

# A gate 40 m along a street of 100 m; at its far end a fork of 100 m (north) and 300 m (south).
#
#        0 ----g------- 1 ---- 2     segments 0: 0-1, 1: 1-2 (100 m), 2: 1-3 (300 m),
#                       |            3: far away, not connected
#                       3


def fork() -> StreetNetwork:
    lines = [
        shapely.LineString([(0, 0), (100, 0)]),
        shapely.LineString([(100, 0), (200, 0)]),
        shapely.LineString([(100, 0), (100, -300)]),
        shapely.LineString([(0, 5000), (100, 5000)]),
    ]
    segments = gpd.GeoDataFrame(
        {"u": [0, 1, 1, 4], "v": [1, 2, 3, 5], "length_m": [100.0, 100.0, 300.0, 100.0]},
        geometry=lines,
        crs="EPSG:27700",
    )
    return StreetNetwork(segments, np.zeros((6, 2)), "EPSG:27700")


GATES = Gates(np.array([0, -1], np.int32), np.array([40.0, 0.0]), np.zeros(2))
TREE = WalkTree(
    segment=np.array([0, 1, 2], np.int32),
    parent=np.array([-1, 0, 0], np.int32),
    length_m=np.array([100.0, 100.0, 300.0]),
    distance_m=np.array([0.0, 60.0, 60.0]),
    near_node=np.array([0, 1, 1], np.int32),
)


def places(*rows: tuple[str, float, float, object, float]) -> Destinations:
    kinds = np.array([DESTINATION_KINDS.index(row[0]) for row in rows], np.int64)
    x, y, weight = (np.array([row[n] for row in rows], float) for n in (1, 2, 4))
    outline = np.full(len(rows), None, object)
    for n, row in enumerate(rows):
        outline[n] = row[3]
    return Destinations(kinds, x, y, outline, weight)


def footfall(destinations: Destinations, **parameters: Any) -> Footfall:
    network = fork()
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    return footfall_of(network, index, GATES, destinations, Parameters(**parameters))


def only(kind: str) -> dict[str, float]:
    names = ("homes", "stops", "stations")
    return {f"footfall_{name}_share": float(name == kind) for name in names}


def test_pupils_take_stops_by_their_distance() -> None:
    # 110 m to the stop in the north, 210 m to the one in the south.
    stops = places(("stops", 150, 0, None, 1), ("stops", 100, -150, None, 1))
    found = footfall(stops, footfall_stop_decay_m=100.0, **only("stops"))
    north, south = np.exp(-1.1), np.exp(-2.1)
    expected = [1.0, north / (north + south), south / (north + south)]
    assert found.share(0, TREE) == pytest.approx(expected)
    assert found.rests_on_destinations
    assert "100% walk to stops (2 placed), and 0% elsewhere" in found.note


def test_homes_draw_by_their_weight_and_stops_by_their_share() -> None:
    homes = places(
        ("homes", 150, 0, None, 3), ("homes", 100, -50, None, 1), ("stops", 100, -290, None, 9)
    )
    shares = {"footfall_homes_share": 0.6, "footfall_stops_share": 0.4}
    found = footfall(homes, **shares, footfall_stations_share=0.0)
    # Both homes are 110 m away.
    assert found.share(0, TREE) == pytest.approx([1.0, 0.45, 0.15 + 0.4])


def test_a_home_on_the_gates_own_street_needs_no_other() -> None:
    found = footfall(places(("homes", 90, 0, None, 1)), **only("homes"))
    share = found.share(0, TREE)
    assert share[0] == 1
    assert share[1:].max() < 1e-300
    assert share.min() > 0  # nobody is said to walk nowhere


def test_an_area_is_spread_over_its_streets_by_length() -> None:
    # All of the 100 m in the north, 25 m of the south, and 25 m of the gate's own street.
    area = shapely.box(75, -25, 300, 25)
    found = footfall(places(("homes", np.nan, np.nan, area, 7)), footfall_decay_m=20000.0)
    flow = found.flow(0)
    assert flow is not None
    network = fork()
    placed = place_destinations(
        network,
        SegmentIndex.build(network.segments.geometry.to_numpy()),
        places(("homes", np.nan, np.nan, area, 7)),
        50.0,
    )
    assert placed.spread[:, 2] == pytest.approx(np.array([25, 100, 25, 0]) / 150 * 7)
    assert placed.spread[:, 3].tolist() == [100, 100, 300, 100]
    assert flow.split == pytest.approx([0, 0, 0.4, 0.6])  # no stops and stations: elsewhere


def test_who_walks_elsewhere_is_spread_over_all_streets() -> None:
    # Nothing within reach: the stop is where no street leads.
    found = footfall(places(("stops", 50, 5000, None, 1)), footfall_decay_m=20000.0)
    flow = found.flow(0)
    assert flow is not None
    assert flow.split == pytest.approx([0, 0, 0, 1])
    # With hardly any decay, by length alone: 100, 100 and 300 m.
    assert found.share(0, TREE) == pytest.approx([1.0, 0.2, 0.6], abs=0.01)


def test_what_is_near_no_street_is_counted_and_left_out() -> None:
    found = footfall(
        places(
            ("stops", 150, 400, None, 1),
            ("homes", np.nan, np.nan, shapely.box(1000, 1000, 2000, 2000), 1),
            ("stations", 200, 100, None, 1),
        )
    )
    assert "2 destinations are near no street" in found.note
    assert "stations (1 placed)" in found.note
    assert "homes" not in found.note


def test_without_destinations_there_is_the_stated_decay() -> None:
    found = footfall(Destinations.none(), footfall_decay_m=700.0)
    assert not found.rests_on_destinations
    assert found.share(0, TREE).tolist() == footfall_share(TREE.distance_m, 700.0).tolist()
    assert "no destinations are given" in found.note
    assert found.flow(0) is None


def test_a_school_off_the_streets_keeps_the_decay() -> None:
    found = footfall(places(("stops", 150, 0, None, 1)))
    assert found.flow(1) is None
    assert found.share(1, TREE).tolist() == footfall_share(TREE.distance_m, 1200.0).tolist()


def test_stations_beyond_the_corridor_are_walked_to() -> None:
    # The tree ends before the station: its pupils still leave by the south.
    two = slice(0, 2)
    short = WalkTree(
        TREE.segment[two],
        TREE.parent[two],
        TREE.length_m[two],
        TREE.distance_m[two],
        TREE.near_node[two],
    )
    found = footfall(places(("stations", 100, -300, None, 1)), **only("stations"))
    assert found.share(0, short) == pytest.approx([1.0, 0.0])
    assert found.share(0, TREE) == pytest.approx([1.0, 0.0, 1.0])
    near = footfall(
        places(("stations", 100, -300, None, 1)), footfall_reach_m=200.0, **only("stations")
    )
    assert near.share(0, TREE) == pytest.approx([1.0, 0.0, 1.0])  # its street begins within reach
