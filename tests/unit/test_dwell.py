from __future__ import annotations

import hashlib
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corridors.domain.parameters import Parameters
from corridors.domain.plan import Corridor, Dwell
from corridors.domain.vocabulary import Grade
from corridors.planning.dwell import choose_dwells, patrol_generator

PARAMETERS = Parameters()
SEGMENTS = tuple(f"s{n}" for n in range(10))
NEED = {segment: float(10 - n) for n, segment in enumerate(SEGMENTS)}


def a_corridor(walk_m: float = 1440, walk: tuple[str, ...] = SEGMENTS) -> Corridor:
    return Corridor("C1", ("S1",), SEGMENTS, walk, 1200, walk_m, 1.0, 1.0, Grade.STRONG, (), ())


def dwells(
    patrol_id: str, seed: int = 0, minutes: int = 75, walk_m: float = 1440
) -> tuple[Dwell, ...]:
    generator = patrol_generator(seed, patrol_id)
    return choose_dwells(a_corridor(walk_m), NEED, minutes, PARAMETERS, generator)


@given(st.integers(0, 2**32 - 1), st.text(), st.integers(20, 160), st.floats(0, 9000))
def test_dwells_fit_and_go_where_need_is(
    seed: int, patrol_id: str, minutes: int, walk_m: float
) -> None:
    found = dwells(patrol_id, seed, minutes, walk_m)
    walk_min = math.ceil(walk_m / 1.2 / 60 - 1e-6)
    spare = minutes - walk_min
    assert all(10 <= dwell.min <= 15 for dwell in found)
    assert sum(dwell.min for dwell in found) <= max(spare, 0)
    # The segments with most need, all of them before any other.
    assert {d.segment_id for d in found} == set(SEGMENTS[: len(found)])
    assert len(found) >= min(spare // 15, 10)
    order = [SEGMENTS.index(dwell.segment_id) for dwell in found]
    assert order in (sorted(order), sorted(order, reverse=True))


def test_the_same_for_the_same_seed_and_patrol() -> None:
    assert dwells("p1") == dwells("p1")
    # By hand from SHA-256: an id gives this stream on every machine and in every process.
    assert patrol_generator(0, "p1").integers(1000, size=3).tolist() == (
        np.random.default_rng(np.random.SeedSequence([0, *_sha_words("p1")]))
        .integers(1000, size=3)
        .tolist()
    )


def _sha_words(text: str) -> list[int]:
    return np.frombuffer(hashlib.sha256(text.encode()).digest(), "<u4").tolist()


def test_patrols_differ() -> None:
    kinds = {dwells(f"p{n}") for n in range(40)}
    assert len(kinds) > 20
    directions = {kind[0].segment_id == "s0" for kind in kinds}
    assert directions == {True, False}
    assert len({dwells("p1", seed) for seed in range(20)}) > 10


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
