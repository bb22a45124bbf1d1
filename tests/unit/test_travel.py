from __future__ import annotations

import dataclasses
import math

from corridors.domain.plan import Corridor
from corridors.domain.vocabulary import Grade
from corridors.pipeline.travel import travel_between
from tests.toy import toy_network


def a_corridor(corridor_id: str, *walk: str) -> Corridor:
    return Corridor(corridor_id, ("S",), walk, walk, 1, 1, 1, 1, Grade.STRONG, (), ())


def test_the_longest_way_from_end_to_end_counts() -> None:
    # High Street s00, s01 and Canal Walk s04, s05 are two blocks apart: from the middle of s00 to
    # the middle of s05 it is 50 + 200 + 50 m up Bridge Street. Island Path is joined to nothing.
    high, canal = a_corridor("high", "s00", "s01"), a_corridor("canal", "s04", "s05")
    found = travel_between(toy_network(), [high, canal, a_corridor("island", "s14")])
    assert found == {
        ("canal", "high"): 300.0,
        ("canal", "island"): math.inf,
        ("high", "island"): math.inf,
    }
    backwards = dataclasses.replace(canal, walk=("s05", "s04"))
    assert travel_between(toy_network(), [high, backwards]) == {("canal", "high"): 300.0}


def test_a_far_end_is_farther_than_a_near_one() -> None:
    # Quarry Close s12 ends 25 m beyond node 8; from the middle of s06 it is 50 + 200 + 100 + 25 m
    # at least, from the middle of s09 50 + 100 + 25 m.
    west, quarry = a_corridor("west", "s09", "s06"), a_corridor("quarry", "s12")
    assert travel_between(toy_network(), [west, quarry]) == {("quarry", "west"): 375.0}


def test_corridors_on_one_segment_are_not_apart() -> None:
    found = travel_between(toy_network(), [a_corridor("a", "s02"), a_corridor("b", "s02", "s03")])
    assert found == {("a", "b"): 100.0}
    assert travel_between(toy_network(), []) == {}
