"""What a street segment is, and which ways anybody may walk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import osmnx as ox
import pytest
import shapely

from corridors.errors import SourceError
from corridors.sources.streets_walkable import RULES, left_out_because
from tests.unit.tiny_osm import (
    Way,
    grid,
    ids,
    read,
    read_ways,
    write_osm,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_a_crossing_splits_streets_and_a_curve_does_not(tmp_path: Path) -> None:
    # 11-12-13 and 2-12-22 meet at 12; 13-14-24 goes on round a corner.
    read_in = read_ways(tmp_path, Way([11, 12, 13, 14, 24]), Way([2, 12, 22]))
    assert ids(read_in) == ["2-12-0", "11-12-0", "12-22-0", "12-24-0"]
    network = read_in.network
    assert network.n_nodes == 5
    assert (network.segments["component"] == 0).all()
    lengths = network.length_m.tolist()
    assert lengths[3] == pytest.approx(2 * lengths[1] + lengths[2], rel=1e-3)


def test_geometry_runs_from_u_to_v_and_measures_its_length(tmp_path: Path) -> None:
    network = read_ways(tmp_path, Way([34, 12, 11, 1]), Way([12, 13, 23, 22, 12])).network
    lines = network.segments.geometry.to_numpy()
    first = shapely.get_coordinates(shapely.get_point(lines, 0))
    last = shapely.get_coordinates(shapely.get_point(lines, -1))
    assert np.array_equal(first, network.node_xy[network.u])
    assert np.array_equal(last, network.node_xy[network.v])
    assert np.array_equal(shapely.length(lines), network.length_m)
    assert network.segments.index.tolist() == list(range(network.n_segments))


def test_lengths_are_metres_on_the_ground(tmp_path: Path) -> None:
    network = read_ways(tmp_path, Way([0, 10])).network
    # One thousandth of a degree of latitude is 111.2 m; the grid is 0.04 % off at most.
    assert network.length_m == pytest.approx([111.2], rel=1e-3)


@pytest.mark.parametrize(
    "tags", [{"bridge": "yes", "layer": "1"}, {"tunnel": "yes", "layer": "-1"}, {"layer": "1"}]
)
def test_a_bridge_over_a_street_is_not_joined_to_it(
    tmp_path: Path, tags: Mapping[str, str]
) -> None:
    # 11-12-13 passes 2-22 in the middle without a node in common.
    read_in = read_ways(tmp_path, Way([11, 13], tags), Way([2, 22]))
    assert ids(read_in) == ["2-22-0", "11-13-0"]
    over, under = shapely.get_parts(read_in.network.segments.geometry.to_numpy())
    assert over.intersects(under)
    assert read_in.n_components == 2


def test_a_bridge_remains_a_segment_of_its_own(tmp_path: Path) -> None:
    segments = read_ways(
        tmp_path,
        Way([11, 12], {"name": "Canal Street"}),
        Way([12, 13], {"name": "Canal Street", "bridge": "viaduct", "layer": "1"}),
        Way([13, 14, 15], {"name": "Canal Street"}),
        Way([15, 16], {"name": "Canal Street", "tunnel": "building_passage"}),
    ).network.segments
    assert segments["segment_id"].tolist() == ["11-12-0", "12-13-0", "13-15-0", "15-16-0"]
    assert segments["bridge"].tolist() == [False, True, False, False]
    assert segments["tunnel"].tolist() == [False, False, False, True]
    assert segments["layer"].tolist() == [0, 1, 0, 0]


def test_bridge_no_is_the_ground(tmp_path: Path) -> None:
    read_in = read_ways(tmp_path, Way([11, 12]), Way([12, 13], {"bridge": "no", "layer": "0"}))
    assert ids(read_in) == ["11-13-0"]


def test_a_segment_takes_the_name_and_class_of_its_longest_part(tmp_path: Path) -> None:
    segments = read_ways(
        tmp_path,
        Way([11, 12], {"name": "Short Street", "highway": "primary"}),
        Way([12, 13, 14], {"name": "Long Street", "highway": "footway"}),
        Way([14, 18], {"highway": "steps"}),
    ).network.segments
    assert segments["segment_id"].tolist() == ["11-18-0"]
    assert segments["name"].tolist() == ["Long Street"]
    assert segments["highway"].tolist() == ["steps"]


def test_one_way_streets_are_walked_both_ways_and_appear_once(tmp_path: Path) -> None:
    read_in = read_ways(
        tmp_path,
        Way([11, 12], {"oneway": "yes"}),
        Way([13, 12], {"oneway": "yes"}),
        Way([13, 14], {"oneway": "-1"}),
        Way([24, 14], {"junction": "roundabout"}),
    )
    assert ids(read_in) == ["11-24-0"]


def test_self_loops_and_parallel_streets_stay(tmp_path: Path) -> None:
    read_in = read_ways(
        tmp_path,
        Way([11, 12]),
        Way([12, 22, 23, 13, 12]),  # a loop back to 12
        Way([12, 3, 14]),  # two ways from 12 to 14
        Way([12, 33, 14]),
        Way([14, 15]),
    )
    assert ids(read_in) == ["11-12-0", "12-12-0", "12-14-0", "12-14-1", "14-15-0"]
    lengths = read_in.network.length_m
    assert lengths[2] < lengths[3]
    segments = read_in.network.segments
    assert segments["u"][1] == segments["v"][1]


def test_a_street_drawn_twice_counts_once(tmp_path: Path) -> None:
    once = read_ways(tmp_path, Way([11, 12, 13]), Way([12, 22]))
    twice = read_ways(tmp_path, Way([11, 12, 13]), Way([13, 12, 11]), Way([12, 22]))
    assert ids(twice) == ids(once)


def test_a_lone_loop_is_one_segment(tmp_path: Path) -> None:
    read_in = read_ways(tmp_path, Way([44, 45, 55]), Way([44, 54, 55]), Way([11, 12]))
    assert ids(read_in) == ["11-12-0", "44-44-0"]
    assert read_in.network.segments["component"].tolist() == [1, 0]


def test_a_dead_end_stays(tmp_path: Path) -> None:
    assert "12-22-0" in ids(read_ways(tmp_path, Way([11, 12, 13]), Way([12, 22])))


def test_components_are_numbered_by_length_and_all_are_kept(tmp_path: Path) -> None:
    read_in = read_ways(tmp_path, Way([0, 1]), Way([20, 25]), Way([40, 42]))
    segments = read_in.network.segments.set_index("segment_id")
    assert segments["component"].to_dict() == {"20-25-0": 0, "40-42-0": 1, "0-1-0": 2}
    assert read_in.n_components == 3
    assert any("3 parts" in note for note in read_in.notes)


def test_nodes_at_one_place_are_joined(tmp_path: Path) -> None:
    nodes = grid(10) | {900: grid(10)[12]}
    ways = [Way([11, 12, 22]), Way([12, 900]), Way([3, 900, 13])]
    read_in = read(write_osm(tmp_path / "streets.osm", nodes, ways))
    assert ids(read_in) == ["3-12-0", "11-12-0", "12-13-0", "12-22-0"]
    assert read_in.n_components == 1


def test_the_same_file_gives_the_same_network_in_any_order_of_its_ways(tmp_path: Path) -> None:
    ways = [Way([11, 12, 13]), Way([2, 12, 22]), Way([13, 23, 22]), Way([44, 45, 55, 44])]
    a = read(write_osm(tmp_path / "a.osm", grid(10), ways)).network
    b = read(write_osm(tmp_path / "b.osm", grid(10), ways[::-1])).network
    assert a.segments.equals(b.segments)
    assert np.array_equal(a.node_xy, b.node_xy)


@pytest.mark.parametrize(
    ("tags", "because"),
    [
        ({"highway": "footway"}, ""),
        ({"highway": "road"}, ""),
        ({"highway": "cycleway"}, ""),
        ({"highway": "cycleway", "foot": "no"}, "closed_on_foot"),
        ({"highway": "residential", "access": "private"}, "private"),
        ({"highway": "track", "access": "private", "foot": "permissive"}, ""),
        ({"highway": "residential", "foot": "private"}, "closed_on_foot"),
        ({"highway": "motorway"}, "vehicles_only"),
        ({"highway": "trunk"}, ""),
        ({"highway": "trunk", "motorroad": "yes"}, "vehicles_only"),
        ({"highway": "service"}, ""),
        ({"highway": "service", "service": "alley"}, ""),
        ({"highway": "service", "service": "driveway"}, "service_only"),
        ({"highway": "service", "service": "parking_aisle"}, "service_only"),
        ({"highway": "pedestrian", "area": "yes"}, "area"),
        ({"highway": "construction", "foot": "yes"}, "not_built"),
        ({"highway": "busway"}, "vehicles_only"),
        ({"highway": "busway", "foot": "yes"}, ""),
        ({"highway": "no_such_class"}, "unknown_class"),
        ({"highway": "residential", "access": "no;yes"}, "private"),
        ({"highway": "Residential "}, ""),
    ],
)
def test_walkable(tags: dict[str, str], because: str) -> None:
    assert left_out_because(tags) == because


def test_every_rule_says_why() -> None:
    assert all(rule.reason and (rule.keep != bool(rule.code)) for rule in RULES)


def test_ways_left_out_are_counted_by_reason(tmp_path: Path) -> None:
    read_in = read_ways(
        tmp_path,
        Way([11, 12]),
        Way([12, 13], {"access": "private"}),
        Way([13, 14], {"highway": "motorway"}),
        Way([14, 15], {"highway": "motorway"}),
        Way([15, 16], {"highway": "", "building": "yes"}),
    )
    assert ids(read_in) == ["11-12-0"]
    assert (read_in.n_ways_in, read_in.n_ways_kept) == (4, 1)
    assert read_in.left_out == {"private": 1, "vehicles_only": 2}


def test_settings_of_osmnx_are_put_back(tmp_path: Path) -> None:
    before = {name: value for name, value in vars(ox.settings).items() if name.islower()}
    read_ways(tmp_path, Way([11, 12]))
    with pytest.raises(SourceError):
        read_ways(tmp_path, Way([11, 12], {"access": "private"}))
    assert {name: value for name, value in vars(ox.settings).items() if name.islower()} == before
