"""Directions by hand: turns, crossings of main roads, streets without a name."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely

from corridors.analysis.directions import walk_steps
from corridors.domain.network import StreetNetwork
from tests.toy import ORIGIN, toy_network

Street = tuple[int, int, str, str]


def make_network(nodes: list[tuple[float, float]], streets: list[Street]) -> StreetNetwork:
    node_xy = np.array(nodes, float)
    lines = [shapely.LineString([node_xy[u], node_xy[v]]) for u, v, *_ in streets]
    segments = gpd.GeoDataFrame(
        {
            "segment_id": [f"d{row}" for row in range(len(streets))],
            "u": np.array([u for u, *_ in streets], np.int32),
            "v": np.array([v for _, v, *_ in streets], np.int32),
            "length_m": shapely.length(lines),
            "name": [name for *_, name, _ in streets],
            "highway": [kind for *_, kind in streets],
        },
        geometry=lines,
        crs="EPSG:27700",
    )
    return StreetNetwork(segments, node_xy, "EPSG:27700")


def told(network: StreetNetwork, rows: list[int], nodes: list[int]) -> list[str]:
    return [step.instruction for step in walk_steps(network, rows, nodes).steps]


# A main road runs from west to east through nodes 1 and 4; side streets lead off to the north and
# the south. Distances are 100 m.
#
#      0 Elm Road      3 Ash Road
#      |               |
#  7 - 1 ------------- 4 - 8      Mare Street (primary)
#      |               |
#      2 Oak Road      5 Fir Road
#      |
#      6 Oak Road
CROSS = make_network(
    [
        (0, 100),
        (0, 0),
        (0, -100),
        (100, 100),
        (100, 0),
        (100, -100),
        (0, -200),
        (-100, 0),
        (200, 0),
    ],
    [
        (0, 1, "Elm Road", "residential"),
        (1, 2, "Oak Road", "residential"),
        (1, 4, "Mare Street", "primary"),
        (4, 3, "Ash Road", "residential"),
        (4, 5, "Fir Road", "residential"),
        (2, 6, "Oak Road", "residential"),
        (7, 1, "Mare Street", "primary"),
        (4, 8, "Mare Street", "primary"),
    ],
)


def test_the_walk_of_the_toy_town() -> None:
    """From the gate east along Mill Lane, south down Bridge Street, east along the High Street."""
    gate = (ORIGIN[0] + 50.0, ORIGIN[1] + 100.0)
    directions = walk_steps(toy_network(), [2, 8, 1], [3, 4, 1, 2], gate_xy=gate)
    assert [step.instruction for step in directions.steps] == [
        "Out of the gate, along Mill Lane",
        "Turn right into Bridge Street",
        "Turn left into High Street",
    ]
    assert [step.length_m for step in directions.steps] == pytest.approx([100, 100, 100])
    points = [(step.x - ORIGIN[0], step.y - ORIGIN[1]) for step in directions.steps]
    assert points == [(50.0, 100.0), (100.0, 100.0), (100.0, 0.0)]
    assert [step.street for step in directions.steps] == [
        "Mill Lane",
        "Bridge Street",
        "High Street",
    ]
    assert directions.main_road_crossings == 0


def test_pieces_of_one_street_are_one_step_and_a_way_back_is_told() -> None:
    network = toy_network()
    # Mill Lane whole, then back to Bridge Street and up it
    steps = walk_steps(network, [2, 3, 3, 9], [3, 4, 5, 4, 7]).steps
    assert [step.instruction for step in steps] == [
        "Out of the gate, along Mill Lane",
        "Turn back along Mill Lane",
        "Turn right into Bridge Street",
    ]
    assert [step.length_m for step in steps] == pytest.approx([200, 100, 100])


def test_straight_over_a_main_road_is_a_crossing() -> None:
    directions = walk_steps(CROSS, [0, 1, 5], [0, 1, 2, 6])
    assert [step.instruction for step in directions.steps] == [
        "Out of the gate, along Elm Road",
        "Cross Mare Street and go straight on into Oak Road",
    ]
    assert [step.crosses_main_road for step in directions.steps] == [False, True]
    assert directions.main_road_crossings == 1


def test_a_street_that_goes_on_beyond_a_main_road_is_told_anew() -> None:
    names = CROSS.segments.assign(name=["Oak Road", "Oak Road", *CROSS.segments["name"][2:]])
    network = StreetNetwork(names, CROSS.node_xy, CROSS.crs)
    assert told(network, [0, 1], [0, 1, 2]) == [
        "Out of the gate, along Oak Road",
        "Cross Mare Street and go on along Oak Road",
    ]


@pytest.mark.parametrize(
    ("row", "end", "n_crossings", "last"),
    [
        (3, 3, 0, "Turn left into Ash Road"),  # in from the north, off to the north
        (4, 5, 1, "Cross Mare Street and turn right into Fir Road"),
    ],
)
def test_along_a_main_road_it_is_crossed_if_one_leaves_it_on_the_other_side(
    row: int, end: int, n_crossings: int, last: str
) -> None:
    directions = walk_steps(CROSS, [0, 2, row], [0, 1, 4, end])
    assert [step.instruction for step in directions.steps] == [
        "Out of the gate, along Elm Road",
        "Turn left into Mare Street",
        last,
    ]
    assert directions.main_road_crossings == n_crossings


def test_turning_back_on_a_main_road_keeps_its_side() -> None:
    """Out east and back west on Mare Street: Elm Road is on the same side still, Oak Road not."""
    same = walk_steps(CROSS, [0, 2, 2, 0], [0, 1, 4, 1, 0])
    other = walk_steps(CROSS, [0, 2, 2, 1], [0, 1, 4, 1, 2])
    assert (same.main_road_crossings, other.main_road_crossings) == (0, 1)


def test_a_walk_that_ends_on_a_main_road_has_not_crossed_it() -> None:
    assert walk_steps(CROSS, [0, 2], [0, 1, 4]).main_road_crossings == 0


def test_the_two_carriageways_of_one_road_are_crossed_at_once() -> None:
    network = make_network(
        [(0, 100), (0, 0), (0, -12), (0, -100), (-50, 0), (50, 0), (-50, -12), (50, -12)],
        [
            (0, 1, "Elm Road", "residential"),
            (1, 2, "Elm Road", "residential"),
            (2, 3, "Elm Road", "residential"),
            (4, 1, "A road", "trunk"),
            (1, 5, "A road", "trunk"),
            (6, 2, "A road", "trunk"),
            (2, 7, "A road", "trunk"),
        ],
    )
    directions = walk_steps(network, [0, 1, 2], [0, 1, 2, 3])
    assert directions.main_road_crossings == 1
    assert [step.crosses_main_road for step in directions.steps] == [False, True]


def test_where_the_file_tells_no_kinds_of_road_nothing_is_said_of_crossings() -> None:
    roads = StreetNetwork(CROSS.segments.assign(highway="road"), CROSS.node_xy, CROSS.crs)
    assert walk_steps(roads, [0, 1], [0, 1, 2]).main_road_crossings is None


def test_a_path_without_a_name_is_told_by_where_it_leads() -> None:
    network = make_network(
        [(0, 0), (100, 0), (100, 80), (100, 160), (180, 160), (100, 260)],
        [
            (0, 1, "Mill Lane", "residential"),
            (1, 2, "", "footway"),
            (2, 3, "", "footway"),
            (3, 4, "Canal Walk", "residential"),
            (3, 5, "", "steps"),
        ],
    )
    assert told(network, [0, 1, 2, 3], [0, 1, 2, 3, 4]) == [
        "Out of the gate, along Mill Lane",
        "Turn left onto the path to Canal Walk",
        "Turn right into Canal Walk",
    ]
    assert told(network, [0, 1, 2, 4], [0, 1, 2, 3, 5])[1:] == ["Turn left onto the path"]
    assert told(network, [1, 2], [1, 2, 3]) == ["Out of the gate, along the path"]


@pytest.mark.parametrize(
    ("bearing_deg", "words"),
    [
        (0, "Go straight on into B"),
        (25, "Go straight on into B"),
        (45, "Bear right into B"),
        (-45, "Bear left into B"),
        (90, "Turn right into B"),
        (-120, "Turn left into B"),
        (160, "Turn sharp right into B"),
        (-160, "Turn sharp left into B"),
    ],
)
def test_turns_by_their_angle(bearing_deg: float, words: str) -> None:
    angle = np.radians(bearing_deg)
    end = (float(60 * np.sin(angle)), float(100 + 60 * np.cos(angle)))
    network = make_network(
        [(0, 0), (0, 100), end], [(0, 1, "A", "residential"), (1, 2, "B", "residential")]
    )
    assert told(network, [0, 1], [0, 1, 2])[1] == words


def test_a_turn_is_read_off_the_first_metres_not_the_far_end() -> None:
    network = toy_network()
    # Quarry Close leaves node 8 to the north and bends east after 30 m
    steps = walk_steps(network, [11, 12], [5, 8, 9]).steps
    assert [step.instruction for step in steps] == [
        "Out of the gate, along East Road",
        "Go straight on into Quarry Close",
    ]


def test_steps_add_up_to_the_walk_and_begin_where_the_last_one_ended() -> None:
    network = toy_network()
    rows, nodes = [2, 8, 0, 6, 7, 4, 5], [3, 4, 1, 0, 3, 6, 7, 8]
    steps = walk_steps(network, rows, nodes).steps
    assert sum(step.length_m for step in steps) == pytest.approx(700.0)
    for before, after in pairwise(steps):
        apart = np.hypot(before.x - after.x, before.y - after.y)
        assert apart == pytest.approx(before.length_m)


def test_no_walk_no_steps() -> None:
    assert walk_steps(toy_network(), [], []).steps == ()
