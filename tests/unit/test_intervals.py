"""The intervals on the toy town: what they must know, and what they must not pretend."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from corridors.analysis.intervals import (
    SegmentIntervals,
    corridor_interval,
    generator_of,
    make_events,
    resampled_ends,
    segment_intervals,
)
from corridors.analysis.school_cases import make_bursts
from corridors.analysis.scoring import EvidenceBase, score_area
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import place_gates, walk_trees
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import Basis
from tests.toy import toy_network, toy_schools
from tests.toy_evidence import incident, incident_table, toy_base

PARAMETERS = Parameters(corridor_length_m=400.0, bandwidth_m=120.0, min_area_incidents=1)
MONDAY = datetime(2026, 10, 5, 15, 40)  # noqa: DTZ001 -- local
MILL_LANE = 2
ISLAND = 14


def intervals(base: EvidenceBase, seed: int = 0) -> SegmentIntervals:
    scores = score_area(base)
    return segment_intervals(
        base, scores, make_events(base, scores), generator_of(seed, "segments")
    )


def school_tree() -> WalkTree:
    network = toy_network()
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    tree = walk_trees(network, place_gates(network, index, toy_schools(), PARAMETERS), PARAMETERS)
    assert tree[0] is not None
    return tree[0]


def daily(n: int) -> list[dict[str, object]]:
    days = [MONDAY + timedelta(days=7 * (k // 5) + k % 5) for k in range(n)]
    return [incident(50.0, 100.0, day) for day in days]


def relative_width(base: EvidenceBase) -> float:
    found, scores = intervals(base), score_area(base)
    width = found.high[MILL_LANE] - found.low[MILL_LANE]
    return float(width / scores.intensity_per_km_day[MILL_LANE])


def test_where_nothing_was_recorded_the_upper_end_is_three_bursts() -> None:
    low, high = resampled_ends(
        sparse.csr_matrix((2, 1)),
        sparse.csr_matrix((1, 0)),
        np.array([1.0, 0.5]),
        1000,
        np.random.default_rng(0),
    )
    assert low.tolist() == [0.0, 0.0]
    assert high == pytest.approx([3.0, 1.5], rel=0.01)


def test_a_street_without_incidents_is_not_certain_to_be_quiet() -> None:
    base = toy_base(incident_table(daily(10)), PARAMETERS)
    found = intervals(base)
    assert score_area(base).intensity_per_km_day[ISLAND] == 0.0
    assert found.low[ISLAND] == 0.0
    assert found.high[ISLAND] > 0.0


def test_an_area_without_incidents_is_not_certain_to_be_quiet() -> None:
    nothing = incident_table(daily(1)).iloc[:0]
    base = toy_base(nothing, PARAMETERS)
    found = intervals(base)
    # Nothing was observed, so there are no days: no figure is known at all.
    assert np.isnan(found.high).all() or (found.high > 0).all()


def test_the_figure_lies_between_its_ends_and_the_ends_repeat() -> None:
    base = toy_base(incident_table(daily(12)), PARAMETERS)
    found, intensity = intervals(base), score_area(base).intensity_per_km_day
    assert (found.low <= intensity).all()
    assert (intensity <= found.high).all()
    again, other = intervals(base), intervals(base, seed=1)
    np.testing.assert_array_equal(found.high, again.high)
    assert not np.array_equal(found.high, other.high)


def test_without_coverage_there_is_no_interval() -> None:
    is_covered = np.ones(15, bool)
    is_covered[[5, ISLAND]] = False
    base = toy_base(incident_table(daily(12)), PARAMETERS, is_covered)
    found = intervals(base)
    assert np.isnan(found.low).tolist() == (~is_covered).tolist()
    assert np.isnan(found.high).tolist() == (~is_covered).tolist()


def test_more_events_make_the_interval_narrower() -> None:
    few = relative_width(toy_base(incident_table(daily(4)), PARAMETERS))
    many = relative_width(toy_base(incident_table(daily(40)), PARAMETERS))
    assert many < 0.5 * few


def test_ten_records_of_one_fight_are_as_unsure_as_one_event() -> None:
    fight = [incident(50.0, 100.0, MONDAY + timedelta(minutes=n)) for n in range(10)]
    one_fight = relative_width(toy_base(incident_table(fight), PARAMETERS))
    ten_events = relative_width(toy_base(incident_table(daily(10)), PARAMETERS))
    assert one_fight > 2.5
    assert ten_events < 1.6


def test_the_bursts_are_those_of_the_null() -> None:
    fight = [incident(50.0, 100.0, MONDAY + timedelta(minutes=n)) for n in range(5)]
    discovered = [incident(150.0, 100.0, MONDAY, origin="discovered")]
    base = toy_base(incident_table([*fight, *discovered, *daily(9)]), PARAMETERS)
    scores = score_area(base)
    np.testing.assert_array_equal(
        make_events(base, scores).number, make_bursts(base, scores).number
    )


def test_a_month_at_a_place_is_one_event_where_only_the_month_is_known() -> None:
    months = incident_table(daily(12))
    months["time_precision"] = "month"
    months["starts_at"] = pd.Timestamp("2026-10-01", tz="UTC")
    months["ends_at"] = pd.Timestamp("2026-11-01", tz="UTC")
    base = toy_base(months, PARAMETERS)
    assert base.basis is Basis.ALL_HOURS
    events = make_events(base, score_area(base))
    assert set(events.number) == {0}
    assert relative_width(base) > 2.5


def test_the_corridor_is_its_streets_together() -> None:
    base = toy_base(incident_table(daily(15)), PARAMETERS)
    scores, tree = score_area(base), school_tree()
    events = make_events(base, scores)
    chosen = np.arange(tree.segment.size) < 3
    found = corridor_interval(base, scores, events, tree, chosen, 0, generator_of(0, "T1"))
    assert found.value == pytest.approx(scores.mass_per_day[tree.segment[chosen]].sum(), rel=1e-12)
    assert found.low < found.value < found.high
    again = corridor_interval(base, scores, events, tree, chosen, 0, generator_of(0, "T1"))
    assert again == found


def test_a_corridor_on_which_nothing_was_recorded_has_an_upper_end() -> None:
    base = toy_base(incident_table([incident(450.0, 50.0, MONDAY)]), PARAMETERS)
    scores, tree = score_area(base), school_tree()
    events = make_events(base, scores)
    chosen = np.arange(tree.segment.size) < 3
    found = corridor_interval(base, scores, events, tree, chosen, 0, generator_of(0, "T1"))
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high > 0.0


def test_streets_without_coverage_are_no_part_of_a_corridor() -> None:
    tree = school_tree()
    is_covered = np.ones(15, bool)
    is_covered[tree.segment[1]] = False
    base = toy_base(incident_table(daily(15)), PARAMETERS, is_covered)
    scores = score_area(base)
    chosen = np.arange(tree.segment.size) < 3
    found = corridor_interval(
        base, scores, make_events(base, scores), tree, chosen, 0, generator_of(0, "T1")
    )
    kept = tree.segment[[0, 2]]
    assert found.value == pytest.approx(scores.mass_per_day[kept].sum(), rel=1e-12)


def test_severity_makes_uneven_events_and_they_are_less_sure() -> None:
    mixed = [
        incident(50.0, 100.0, MONDAY + timedelta(days=7 * (k // 5) + k % 5),
                 category="robbery" if k % 6 else "violence")
        for k in range(18)
    ]  # fmt: skip
    even = toy_base(incident_table(mixed), PARAMETERS)
    uneven = dataclasses.replace(even, severity={"robbery": 1.0, "violence": 20.0, "other": 1.0})
    assert relative_width(uneven) > 1.5 * relative_width(even)
