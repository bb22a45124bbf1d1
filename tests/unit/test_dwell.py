"""Walks and stays: they fit, they cover, and they cannot be foretold."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from corridors.domain.parameters import Parameters
from corridors.domain.plan import Corridor, Dwell
from corridors.domain.vocabulary import Grade
from corridors.planning.dwell import choose_dwells, patrol_generator, walking_min
from corridors.planning.walks import SegmentEnds, WalkGraph, vary_walk

PARAMETERS = Parameters()
SEGMENTS = tuple(f"s{n}" for n in range(10))
NEED = {segment: float(10 - n) for n, segment in enumerate(SEGMENTS)}


@dataclass(frozen=True)
class Streets:
    """A corridor with its streets; ``s0`` holds the gate."""

    ends: dict[str, SegmentEnds]
    shortest: tuple[str, ...]

    @cached_property
    def graph(self) -> WalkGraph:
        return WalkGraph.build(tuple(self.ends), self.ends)

    @cached_property
    def corridor(self) -> Corridor:
        length_m = sum(length for _, _, length in self.ends.values())
        walk_m = sum(self.ends[segment][2] for segment in self.shortest)
        ids = tuple(self.ends)
        return Corridor(
            "C1", ("S1",), ids, self.shortest, length_m, walk_m, 1.0, 1.0, Grade.STRONG, (), ()
        )


def streets(shortest: str, *ends: SegmentEnds) -> Streets:
    return Streets(
        {f"s{n}": end for n, end in enumerate(ends)},
        tuple(f"s{n}" for n in map(int, shortest.split())),
    )


# A path of 1,200 m; a trunk of 300 m with two branches of 300 m; two sides of 480 m from the gate.
PATH = streets("0 1 2 3 4 5 6 7 8 9", *((n, n + 1, 120.0) for n in range(10)))
FORK = streets(
    "0 1 2 3 4 5 5 4 3 6 7 8",
    *((n, n + 1, 100.0) for n in range(6)),
    *[(3, 7, 100.0), (7, 8, 100.0), (8, 9, 100.0)],
)
SIDES = streets(
    "0 1 2 3 4 4 3 2 1 0 5 6 7 8",
    (0, 1, 100.0),
    *((n, n + 1, 120.0) for n in range(1, 5)),
    *[(0, 6, 120.0), (6, 7, 120.0), (7, 8, 120.0), (8, 9, 120.0)],
)
SHAPES = {"path": PATH, "fork": FORK, "sides": SIDES}


def a_corridor(walk_m: float = 1440, walk: tuple[str, ...] = SEGMENTS) -> Corridor:
    return Corridor("C1", ("S1",), SEGMENTS, walk, 1200, walk_m, 1.0, 1.0, Grade.STRONG, (), ())


def dwells(
    patrol_id: str, seed: int = 0, minutes: int = 75, walk_m: float = 1440
) -> tuple[Dwell, ...]:
    generator = patrol_generator(seed, patrol_id)
    return choose_dwells(a_corridor(walk_m), NEED, minutes, PARAMETERS, generator)


def draw(
    place: Streets, seed: int, patrol_id: str, minutes: int = 75, slack: float = 2.0
) -> tuple[tuple[str, ...], tuple[Dwell, ...]]:
    """Draw a walk and its stays as a patrol does."""
    generator, graph, corridor = patrol_generator(seed, patrol_id), place.graph, place.corridor
    walk = vary_walk(graph, place.shortest, slack * corridor.walk_m, generator)
    need = dict.fromkeys(place.ends, 1.0)
    found = choose_dwells(corridor, need, minutes, PARAMETERS, generator, walk=walk, graph=graph)
    return walk, found


# --- the walk


@st.composite
def random_streets(draw_: st.DrawFn) -> Streets:
    """Connected streets, with loops, parallels, self-loops and pieces of no length."""
    n = draw_(st.integers(1, 12))
    ends: list[SegmentEnds] = []
    for number in range(n):
        known = sorted({node for u, v, _ in ends for node in (u, v)}) or [0]
        u = draw_(st.sampled_from(known))
        v = draw_(st.sampled_from([*known, 100 + number, 100 + number]))
        ends.append((u, v, draw_(st.sampled_from([0.0, 0.3, 11.0, 80.0, 240.0]))))
    # Back to the gate after each street: covering, long, and obviously right.
    named = {f"s{row}": end for row, end in enumerate(ends)}
    graph = WalkGraph.build(tuple(named), named)
    at = ends[0][1]
    walk = ["s0"]
    for segment, (u, v, _) in list(named.items())[1:]:
        near = min((u, v), key=lambda node: graph.distance_m[graph.number[at], graph.number[node]])
        walk += [one for one, _ in graph.way(at, near)] + [segment]
        at = v if near == u else u
    return Streets(named, tuple(walk))


@given(random_streets(), st.integers(0, 2**32 - 1), st.floats(1.0, 3.0))
def test_a_walk_covers_hangs_together_and_keeps_the_limit(
    place: Streets, seed: int, slack: float
) -> None:
    graph = place.graph
    limit_m = slack * graph.length_m(place.shortest)
    walk = vary_walk(graph, place.shortest, limit_m, patrol_generator(seed, "p"))
    assert walk[0] == "s0"
    assert set(walk) == set(place.ends)
    assert graph.length_m(walk) <= limit_m + 1e-5
    assert any(_hangs_together(place, walk, start) for start in place.ends["s0"][:2])
    assert walk == vary_walk(graph, place.shortest, limit_m, patrol_generator(seed, "p"))


def _hangs_together(place: Streets, walk: tuple[str, ...], at: int) -> bool:
    """Walk it, node by node: slow and obvious."""
    for segment in walk:
        u, v, _ = place.ends[segment]
        if at not in {u, v}:
            return False
        at = u + v - at
    return True


def test_a_path_is_walked_out_and_part_of_it_back() -> None:
    walks = {draw(PATH, 0, f"p{n}")[0] for n in range(300)}
    out = PATH.shortest
    # Out of the gate the other way first: its own segment is walked to its dead end and back.
    assert {walk[:10] for walk in walks} == {out, ("s0", *out[:9])}
    back = {walk[10:] for walk in walks if walk[1] == "s1"}
    assert {out[:0:-1][:n] for n in range(1, 10)} <= back <= {out[:0:-1][:n] for n in range(10)}


def test_branches_come_in_either_order() -> None:
    walks = [draw(FORK, 0, f"p{n}")[0] for n in range(50)]
    assert {walk.index("s3") < walk.index("s6") for walk in walks} == {True, False}
    assert {walk[1] for walk in (draw(SIDES, 0, f"p{n}")[0] for n in range(50))} == {"s1", "s5"}


def test_no_slack_leaves_the_shortest_walks() -> None:
    found = {draw(FORK, 0, f"p{n}", slack=1.0)[0] for n in range(50)}
    assert found == {
        FORK.shortest,
        tuple(f"s{n}" for n in (0, 1, 2, 6, 7, 8, 8, 7, 6, 3, 4, 5)),
    }


def test_streets_that_do_not_hang_together_are_a_fault() -> None:
    with pytest.raises(ValueError, match="hang together"):
        WalkGraph.build(("a", "b"), {"a": (0, 1, 5.0), "b": (2, 3, 5.0)})
    graph = WalkGraph.build(("a", "b"), {"a": (0, 1, 5.0), "b": (1, 3, 5.0)})
    with pytest.raises(ValueError, match="leaves its streets"):
        vary_walk(graph, ("a", "b", "a"), 5.0, patrol_generator(0, "p"))


def test_walks_between_segments() -> None:
    graph = PATH.graph
    assert graph.apart_m("s0", "s1") == 0
    assert graph.apart_m("s0", "s3") == 240
    assert graph.length_m(("s0", "s1", "s1")) == 360
    parallel = WalkGraph.build(("a", "b"), {"a": (0, 1, 9.0), "b": (0, 1, 5.0)})
    assert parallel.way(0, 1) == [("b", 1)]


# --- the stays


@given(st.integers(0, 2**32 - 1), st.text(), st.integers(20, 160), st.floats(0, 9000))
def test_stays_fit(seed: int, patrol_id: str, minutes: int, walk_m: float) -> None:
    found = dwells(patrol_id, seed, minutes, walk_m)
    spare = minutes - math.ceil(walk_m / 1.2 / 60 - 1e-6)
    assert all(10 <= dwell.min <= 15 for dwell in found)
    assert sum(dwell.min for dwell in found) <= max(spare, 0)
    assert len(found) >= min(spare // 15, 10)
    order = [SEGMENTS.index(dwell.segment_id) for dwell in found]
    assert order == sorted(order)


@given(st.sampled_from(sorted(SHAPES)), st.integers(0, 2**32 - 1), st.integers(35, 160))
def test_walk_and_stays_fit_the_patrol(shape: str, seed: int, minutes: int) -> None:
    place = SHAPES[shape]
    slack = max(1.0, (minutes - 15) * 72 / place.corridor.walk_m)
    walk, found = draw(place, seed, "p", minutes, min(slack, 2.0))
    walk_min = walking_min(place.graph.length_m(walk), PARAMETERS)
    assert walk_min * 72 >= place.graph.length_m(walk) - 1e-3
    if walk_min + 10 <= minutes:
        assert found
    assert not found or walk_min + sum(dwell.min for dwell in found) <= minutes
    # The stays are met in their order by somebody who walks the walk once.
    ahead = iter(walk)
    assert all(dwell.segment_id in ahead for dwell in found)
    apart = [
        place.graph.apart_m(one.segment_id, other.segment_id)
        for row, one in enumerate(found)
        for other in found[row + 1 :]
    ]
    assert all(metres >= PARAMETERS.stay_apart_m for metres in apart)


def test_more_need_more_often() -> None:
    stays = Counter(d.segment_id for n in range(500) for d in dwells(f"p{n}"))
    assert stays["s0"] > stays["s4"] > stays["s9"] > 0


def test_the_same_for_the_same_seed_and_patrol() -> None:
    assert dwells("p1") == dwells("p1")
    assert draw(FORK, 3, "p1") == draw(FORK, 3, "p1")
    # By hand from SHA-256: an id gives this stream on every machine and in every process.
    assert patrol_generator(0, "p1").integers(1000, size=3).tolist() == (
        np.random.default_rng(np.random.SeedSequence([0, *_sha_words("p1")]))
        .integers(1000, size=3)
        .tolist()
    )


def _sha_words(text: str) -> list[int]:
    return np.frombuffer(hashlib.sha256(text.encode()).digest(), "<u4").tolist()


@cache
def presence(
    shape: str, n_patrols: int = 600, minutes: int = 75, slack: float = 2.0
) -> tuple[NDArray[np.float64], float]:
    """Tell how often a patrol stays at each segment in each minute, and how many stays it has.

    Returns
    -------
    share
        ``(minutes, n_segments)`` share of the patrols.
    n_stays
        In the mean.
    """
    place = SHAPES[shape]
    ids = list(place.ends)
    count, n_stays = np.zeros((minutes, len(ids))), 0
    for number in range(n_patrols):
        walk, found = draw(place, number % 7, f"corridor-S1-week{number}", minutes, slack)
        n_stays += len(found)
        left, clock = list(found), 0.0
        for segment in walk:
            clock += place.ends[segment][2] / 72
            if left and left[0].segment_id == segment:
                stay = left.pop(0)
                count[int(clock) : int(clock) + stay.min, ids.index(segment)] += 1
                clock += stay.min
        assert not left
        assert clock <= minutes + 1e-6
    return count / n_patrols, n_stays / n_patrols


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_the_notice_does_not_tell_where_a_patrol_stays(shape: str) -> None:
    """Corridor, start and end are public. Who has watched for years still cannot tell the place.

    The measure: for each minute the place that is most often stayed at in that minute. Somebody
    who always guesses it is right, in the mean over the minutes, less often than somebody who
    knows the day's stays but not their order: one in the number of stays. And no minute, but for
    the first ones at the gate, gives a place away at half.
    """
    share, n_stays = presence(shape)
    best_guess = share.max(axis=1)
    assert best_guess.mean() < 1 / n_stays
    assert best_guess[PARAMETERS.dwell_high_min :].max() < 0.5


def test_a_walk_that_never_turns_back_is_foretold() -> None:
    """The measure can fail: with the stays drawn but always the same walk a path breaks it."""
    share, n_stays = presence("path", slack=1.0)
    assert share.max(axis=1).mean() > 1 / n_stays


def test_patrols_differ() -> None:
    kinds = {draw(PATH, 0, f"p{n}") for n in range(40)}
    assert len(kinds) > 30
    assert len({draw(PATH, seed, "p1") for seed in range(20)}) > 15


def test_nowhere_to_stay() -> None:
    generator = patrol_generator(0, "p")
    assert choose_dwells(a_corridor(), {}, 75, PARAMETERS, generator) == ()
    no_need = {"s0": 0.0, "s1": float("nan"), "elsewhere": 5.0}
    assert choose_dwells(a_corridor(), no_need, 75, PARAMETERS, generator) == ()
    assert dwells("p", minutes=25) == ()  # 20 min of walk leave 5


def test_segments_walked_twice_are_stayed_at_once() -> None:
    walk = (*SEGMENTS, *reversed(SEGMENTS))
    found = choose_dwells(a_corridor(walk=walk), NEED, 150, PARAMETERS, patrol_generator(1, "p"))
    assert len({d.segment_id for d in found}) == len(found)
