"""What must hold of places, scores and explanations: nothing is lost, and shares are shares."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.analysis.explaining import explain_corridor, why_sentences
from corridors.analysis.profile import minute_profile
from corridors.analysis.scoring import score_area
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import place_gates, walk_trees
from corridors.analysis.timing import Windows, weekday_share, window_share
from corridors.analysis.tracing import trace_corridor
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import Basis
from tests.toy import toy_network, toy_schools
from tests.toy_evidence import incident, incident_table, toy_base

MINUTE_NS = 60_000_000_000
HOUR_NS = 60 * MINUTE_NS
PARAMETERS = Parameters(corridor_length_m=300.0, bandwidth_m=120.0, min_area_incidents=1)


# --- the minutes of the window, against a slow twin


@st.composite
def stays(draw: st.DrawFn) -> tuple[int, int]:
    starts = draw(st.integers(0, 4 * 24 * 60 * 4)) * (MINUTE_NS // 4)
    lasts = draw(st.sampled_from([0, 1, 3, 40, 250, 6_000])) * (MINUTE_NS // 4)
    return starts, starts + lasts


def windows_of(n_days: int, window_min: int) -> Windows:
    starts = (np.arange(n_days) * 24 + 15) * HOUR_NS
    return Windows(
        starts,
        starts + window_min * MINUTE_NS,
        (np.arange(n_days) % 7).astype(np.int8),
        np.zeros(n_days, np.int64),
    )


@given(st.lists(stays(), min_size=1, max_size=8), st.integers(0, 4), st.sampled_from([1, 30, 160]))
@settings(max_examples=120, deadline=None)
def test_the_profile_is_what_counting_minute_by_minute_gives(
    incidents: list[tuple[int, int]], n_days: int, window_min: int
) -> None:
    windows = windows_of(n_days, window_min)
    starts = np.array([one for one, _ in incidents], np.int64)
    ends = np.array([one for _, one in incidents], np.int64)
    weight = np.arange(1, len(incidents) + 1).astype(np.float64)
    expected = np.zeros(window_min)
    for window in range(n_days):
        for minute in range(window_min):
            opens = int(windows.starts_ns[window]) + minute * MINUTE_NS
            for row, (begins, finishes) in enumerate(incidents):
                if begins == finishes:
                    expected[minute] += weight[row] * (opens <= begins < opens + MINUTE_NS)
                else:
                    inside = min(finishes, opens + MINUTE_NS) - max(begins, opens)
                    expected[minute] += weight[row] * max(inside, 0) / (finishes - begins)
    got = minute_profile(windows, starts, ends, weight, window_min)
    np.testing.assert_allclose(got, expected, atol=1e-9)
    # and it holds what the windows hold
    assert got.sum() == pytest.approx(weight @ window_share(windows, starts, ends), abs=1e-9)
    by_day = weekday_share(windows, starts, ends)
    np.testing.assert_allclose(by_day.sum(axis=1), window_share(windows, starts, ends), atol=1e-9)


# --- incidents in the toy town


@st.composite
def rows(draw: st.DrawFn) -> dict[str, object]:
    day = draw(st.integers(0, 60))
    at = datetime(2026, 9, 7, 8) + timedelta(days=day, minutes=draw(st.integers(0, 12 * 60)))  # noqa: DTZ001
    lasts_min = draw(st.sampled_from([0, 0, 30, 600, 3000]))
    return incident(
        draw(st.sampled_from([-20.0, 0.0, 33.3, 50.0, 100.0, 199.0, 400.0, 900.0])),
        draw(st.sampled_from([0.0, 50.0, 100.0, 130.0, 200.0])),
        at,
        at + timedelta(minutes=lasts_min) if lasts_min else None,
        category=draw(st.sampled_from(["robbery", "violence"])),
        origin=draw(st.sampled_from(["reported", "reported", "discovered"])),
        place_precision=draw(st.sampled_from(["exact", "exact", "snapped", "area"])),
    )


@given(st.lists(rows(), min_size=1, max_size=30), st.sampled_from([15.0, 120.0, 260.0]))
@settings(max_examples=40, deadline=None)
def test_an_incident_is_put_on_streets_once_or_not_at_all(
    incidents: list[dict[str, object]], bandwidth_m: float
) -> None:
    table = incident_table(incidents)
    base = toy_base(table, Parameters(bandwidth_m=bandwidth_m))
    located, found = base.located, base.located.anchor >= 0
    held = np.asarray(located.held.sum(axis=0)).ravel()
    spread = np.asarray(located.footprint.sum(axis=0)).ravel()
    used = np.unique(located.anchor[found])
    np.testing.assert_allclose(held[used], 1.0, atol=1e-9)
    np.testing.assert_allclose(spread[used], 1.0, atol=1e-6)
    assert (located.held.data > 0).all()
    assert (located.footprint.data >= 0).all()
    # one anchor for each place and precision, whatever else differs
    keys = list(zip(table["x"], table["y"], table["place_precision"], strict=True))
    for here in range(len(keys)):
        for there in range(here):
            if found[here] and found[there]:
                assert (located.anchor[here] == located.anchor[there]) == (
                    keys[here] == keys[there]
                )
    # an exact one is matched where a street is within reach, and nowhere else
    index = SegmentIndex.build(base.network.segments.geometry.to_numpy())
    near = index.nearest(table["x"].to_numpy(), table["y"].to_numpy(), np.inf).distance_m <= 50.0
    is_exact = (table["place_precision"] == "exact").to_numpy()
    np.testing.assert_array_equal(found[is_exact], near[is_exact])


@given(st.lists(rows(), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_no_incident_is_lost_in_the_scores(incidents: list[dict[str, object]]) -> None:
    table = incident_table(incidents)
    base = toy_base(table, PARAMETERS)
    scores = score_area(base)
    found = base.located.anchor >= 0
    counts = found & (table["origin"] == "reported").to_numpy()
    np.testing.assert_array_equal(scores.is_scored, counts)
    assert scores.n_incidents.sum() == pytest.approx(counts.sum(), abs=1e-9)
    assert (scores.support >= scores.n_incidents - 1e-9).all()
    assert (scores.support <= counts.sum()).all()
    # what lies on the streets is what the incidents weigh, a day
    (time,) = base.times
    # (on a weekend there is no window, and no day to count by)
    expected = float((scores.weight * time.share).sum()) / time.n_days if time.n_days else 0.0
    in_km = base.network.length_m / 1000
    assert (scores.intensity_per_km_day * in_km).sum() == pytest.approx(expected, rel=1e-6)
    assert (scores.intensity_per_km_day >= 0).all()
    assert ((scores.recency > 0) & (scores.recency <= 1)).all()


@given(st.lists(rows(), min_size=1, max_size=20), st.integers(0, 14))
@settings(max_examples=30, deadline=None)
def test_where_nothing_is_covered_nothing_is_counted(
    incidents: list[dict[str, object]], uncovered: int
) -> None:
    table = incident_table(incidents)
    is_covered = np.arange(15) != uncovered
    everywhere = score_area(toy_base(table, PARAMETERS))
    partly = score_area(toy_base(table, PARAMETERS, is_covered))
    assert partly.intensity_per_km_day[uncovered] == 0
    np.testing.assert_array_equal(
        partly.intensity_per_km_day[is_covered], everywhere.intensity_per_km_day[is_covered]
    )


@given(st.lists(rows(), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_shares_of_an_explanation_add_up(incidents: list[dict[str, object]]) -> None:
    base = toy_base(incident_table(incidents), PARAMETERS)
    scores = score_area(base)
    network, schools = toy_network(), toy_schools()
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    trees = walk_trees(network, place_gates(network, index, schools, PARAMETERS), PARAMETERS)
    for tree in trees[:2]:
        assert tree is not None
        prize = scores.mass_per_day[tree.segment]
        chosen = trace_corridor(tree.parent, tree.length_m, prize, 300.0)
        facts = explain_corridor(base, scores, tree, chosen, 0, None)
        n_scored = int(scores.is_scored.sum())
        assert 0 <= facts.n <= n_scored + 1e-9
        sentences = why_sentences(facts, {"robbery": "robbery"}, PARAMETERS.before_min)
        if not facts.category_share:
            assert sentences == ()
            continue
        assert sum(facts.category_share.values()) == pytest.approx(1.0)
        assert facts.weekday_share.sum() == pytest.approx(1.0)
        assert (facts.weekday_share[5:] == 0).all()
        assert facts.minute_profile is not None
        assert facts.minute_profile.sum() == pytest.approx(1.0)
        assert 0 < facts.one_place_share <= 1 + 1e-9
        assert 0 <= facts.long_interval_share <= 1 + 1e-9
        # told in steps of five percent
        numbers = [int(word) for word in " ".join(sentences).split() if word.isdecimal()]
        assert all(number % 5 == 0 for number in numbers)


def test_month_only_incidents_have_no_hours() -> None:
    table = incident_table([incident(50, 100, datetime(2026, 9, 8, 16)) for _ in range(40)])  # noqa: DTZ001
    table["time_precision"] = "month"
    base = toy_base(table, PARAMETERS)
    assert base.basis is Basis.ALL_HOURS
    scores = score_area(base)
    assert scores.is_scored.all()
    in_km = base.network.length_m / 1000
    expected = float(scores.weight.sum()) / scores.n_days
    assert (scores.intensity_per_km_day * in_km).sum() == pytest.approx(expected, rel=1e-6)
    network, schools = toy_network(), toy_schools()
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    tree = walk_trees(network, place_gates(network, index, schools, PARAMETERS), PARAMETERS)[0]
    assert tree is not None
    facts = explain_corridor(base, scores, tree, np.ones(tree.segment.size, bool), 0, None)
    assert facts.minute_profile is None
    assert facts.n == pytest.approx(40)
    assert why_sentences(facts, {"robbery": "robbery"}, 10) == ("By weight: robbery 100 %.",)
