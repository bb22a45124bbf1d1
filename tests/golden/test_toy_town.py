"""A week of the toy town worked out by hand, from seven incidents to three patrols.

Bell 15:15, so the window is 15:05 to 17:45. The kernel is Epanechnikov's and reaches 39 m. Nothing
ages to speak of (half-life 100 years). The week of the incidents has five teaching days::

    A  Mon 15:30          (80.5, 100)  on Mill Lane s02, 19.5 m before a junction     whole
    B  Tue 14:05 to 16:05 (80.5, 100)  the same place; one hour of two in the window  half
    C  Wed 17:45          (80.5, 100)  the same place; a window does not hold its end nothing
    D  Thu 15:05          (150, 0)     in the middle of High Street s01               whole
    E  Fri 16:00          (150, 0)     discovered by police: scores nothing
    F  Fri 23:00          (150, 0)     at night                                       nothing
    G  Fri 16:00          (300, 100)   100 m from any street: on none

(80.5 is the middle of a metre: places are taken to the middle of theirs.) Of what lies 19.5 m
before a junction of four, the part (2 - 3 z + z^3) / 4 at z = 19.5/39, which is 0.15625, would fall
beyond it. Equal split, continuous: each of the three others gets half of that,
0.078125, and half is taken off s02, which keeps 1 - 0.15625 - 0.078125 = 0.765625.
"""

from __future__ import annotations

from datetime import date, datetime
from math import exp
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from corridors.analysis.explaining import CorridorFacts, explain_corridor
from corridors.analysis.footfall import footfall_share
from corridors.analysis.scoring import AreaScores, EvidenceBase, score_area
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import place_gates, walk_trees
from corridors.analysis.tracing import prize_bound, trace_corridor
from corridors.analysis.walk_tree import WalkTree, walk_order
from corridors.domain.parameters import Parameters
from corridors.domain.plan import Corridor
from corridors.domain.vocabulary import Grade
from corridors.planning.week import patrol_demands
from tests.toy import toy_network, toy_schools
from tests.toy_evidence import LONDON, incident, incident_table, toy_base, toy_calendar

PARAMETERS = Parameters(
    bandwidth_m=39.0, half_life_days=36500.0, corridor_length_m=300.0, min_area_incidents=1
)
BY_HAND = 0.005
"""The waves of the kernel are that near to its formula."""
OWN, OTHER = 0.765625, 0.078125


def at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 9, day, hour, minute)  # noqa: DTZ001 -- local, as a file writes it


@pytest.fixture(scope="module")
def base() -> EvidenceBase:
    incidents = [
        incident(80.5, 100, at(7, 15, 30)),
        incident(80.5, 100, at(8, 14, 5), at(8, 16, 5), category="violence"),
        incident(80.5, 100, at(9, 17, 45)),
        incident(150, 0, at(10, 15, 5)),
        incident(150, 0, at(11, 16, 0), origin="discovered"),
        incident(150, 0, at(11, 23, 0)),
        incident(300, 100, at(11, 16, 0)),
    ]
    return toy_base(incident_table(incidents), PARAMETERS)


@pytest.fixture(scope="module")
def scores(base: EvidenceBase) -> AreaScores:
    return score_area(base)


@pytest.fixture(scope="module")
def tree() -> WalkTree:
    network, schools = toy_network(), toy_schools()
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    gates = place_gates(network, index, schools, PARAMETERS)
    assert gates.segment.tolist() == [2, 11, -1]
    assert gates.position_m[0] == pytest.approx(50.0)
    assert gates.distance_m[:2].tolist() == pytest.approx([4.0, 4.0])
    (found, _, nothing) = walk_trees(network, gates, PARAMETERS)
    assert nothing is None
    assert found is not None
    return found


def need_of(scores: AreaScores, tree: WalkTree) -> np.ndarray:
    footfall = footfall_share(tree.distance_m, PARAMETERS.footfall_decay_m)
    return np.asarray(scores.mass_per_day[tree.segment] * footfall)


def chosen_of(scores: AreaScores, tree: WalkTree) -> np.ndarray:
    return np.asarray(trace_corridor(tree.parent, tree.length_m, need_of(scores, tree), 300.0))


def facts_of(base: EvidenceBase, scores: AreaScores, tree: WalkTree) -> CorridorFacts:
    return explain_corridor(base, scores, tree, chosen_of(scores, tree), 0, None)


def test_shares_of_the_window(base: EvidenceBase) -> None:
    (time,) = base.times
    assert time.share.tolist() == [1.0, 0.5, 0.0, 1.0, 1.0, 0.0, 1.0]
    assert (base.period.first, base.period.last) == (date(2026, 9, 7), date(2026, 9, 11))
    assert time.n_days == pytest.approx(5.0, rel=2e-3)
    assert time.assumed_day_share == 0.0


def test_what_counts(scores: AreaScores) -> None:
    assert scores.is_scored.tolist() == [True, True, True, True, False, True, False]
    expected = np.zeros(15)
    expected[2], expected[1] = 3, 2
    np.testing.assert_allclose(scores.n_incidents, expected, atol=1e-9)
    # within reach of the kernel: A, B and C of the four streets at the junction
    assert np.flatnonzero(scores.support == 3).tolist() == [2, 3, 8, 9]
    assert np.flatnonzero(scores.support == 2).tolist() == [1]


def test_the_intensity_of_each_street(scores: AreaScores) -> None:
    """Mill Lane: 1.5 incidents in 5 days, 0.765625 of them on 0.1 km. High Street: 1 in 5."""
    expected = np.zeros(15)
    expected[2] = 1.5 / 5 * OWN / 0.1
    expected[[3, 8, 9]] = 1.5 / 5 * OTHER / 0.1
    expected[1] = 1 / 5 / 0.1
    np.testing.assert_allclose(scores.intensity_per_km_day, expected, rtol=BY_HAND, atol=1e-9)
    assert expected[2] == pytest.approx(2.296875)
    assert expected[1] == pytest.approx(2.0)


def test_the_corridor(scores: AreaScores, tree: WalkTree) -> None:
    """From the gate down Bridge Street to the High Street: 300 m, and nothing can hold more."""
    chosen = chosen_of(scores, tree)
    assert sorted(tree.segment[chosen].tolist()) == [1, 2, 8]
    assert tree.segment[walk_order(tree, chosen)].tolist() == [2, 8, 1]
    assert tree.length_m[chosen].sum() == pytest.approx(300.0)
    walks = dict(zip(tree.segment.tolist(), tree.distance_m.tolist(), strict=True))
    assert (walks[2], walks[8], walks[1]) == pytest.approx((0.0, 50.0, 150.0))
    need = need_of(scores, tree)
    by_hand = 0.3 * OWN + 0.3 * OTHER * exp(-50 / 1200) + 0.2 * exp(-150 / 1200)
    assert need[chosen].sum() == pytest.approx(by_hand, rel=BY_HAND)
    assert prize_bound(tree.length_m, need, 300.0) == pytest.approx(by_hand, rel=BY_HAND)


def test_why_this_corridor(base: EvidenceBase, scores: AreaScores, tree: WalkTree) -> None:
    facts = facts_of(base, scores, tree)
    on_it = OWN + OTHER  # of an incident at the place of A, B and C
    total = 1.5 * on_it + 1
    assert facts.n == pytest.approx(2.5)
    assert facts.category_share == pytest.approx(
        {"robbery": (on_it + 1) / total, "violence": 0.5 * on_it / total}, rel=BY_HAND
    )
    by_day = np.array([on_it, 0.5 * on_it, 0, 1, 0, 0, 0]) / total
    np.testing.assert_allclose(facts.weekday_share, by_day, rtol=BY_HAND)
    assert facts.one_place_share == pytest.approx(1.5 * on_it / total, rel=BY_HAND)
    assert facts.long_interval_share == 0.0
    # minutes from 15:05: D in the first, A in the 26th, B over the first hour
    by_minute = np.zeros(160)
    by_minute[:60] = 0.5 * on_it / total / 60
    by_minute[0] += 1 / total
    by_minute[25] += on_it / total
    assert facts.minute_profile is not None
    np.testing.assert_allclose(facts.minute_profile, by_minute, rtol=BY_HAND, atol=1e-12)


def test_the_patrols_of_a_week(base: EvidenceBase, scores: AreaScores, tree: WalkTree) -> None:
    """On Monday, Tuesday and Thursday, from 15:05, which holds all of it, for 75 minutes."""
    facts = facts_of(base, scores, tree)
    corridor = Corridor(
        corridor_id="corridor-T1",
        school_ids=("T1",),
        segment_ids=("s02", "s08", "s01"),
        walk=("s02", "s08", "s01"),
        length_m=300.0,
        walk_m=300.0,
        need=0.4,
        bound=0.4,
        grade=Grade.STRONG,
        streets=("Mill Lane", "Bridge Street", "High Street"),
        why=(),
    )
    demands = patrol_demands(
        corridor,
        "T1",
        toy_calendar().timetable("T1"),
        date(2026, 11, 23),
        facts.weekday_share,
        facts.minute_profile,
        PARAMETERS,
        LONDON,
        "robbery_on_the_way_home",
    )
    zone = ZoneInfo(LONDON)
    assert [(one.starts_at, one.ends_at) for one in demands] == [
        (
            datetime(2026, 11, day, 15, 5, tzinfo=zone),
            datetime(2026, 11, day, 16, 20, tzinfo=zone),
        )
        for day in (23, 24, 26)
    ]
    weights = [one.weight for one in demands]
    assert weights == pytest.approx([0.149, 0.0745, 0.1766], abs=0.001)
