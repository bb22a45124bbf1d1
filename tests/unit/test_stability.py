"""Stability: agreement by hand, and every variant against the whole chain run anew."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.analysis.agreement import corridor_overlap, rank_agreement, top_overlap
from corridors.analysis.evidence import assess_school
from corridors.analysis.school_cases import (
    hours_case,
    make_bursts,
    place_case,
    scatter_footprint,
)
from corridors.analysis.scoring import EvidenceBase, score_area
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.stability import SchoolReach, compare_variants
from corridors.analysis.surroundings import place_gates, walk_trees
from corridors.analysis.variants import Variant, weigh_variants
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import Basis
from tests.toy import toy_network, toy_schools
from tests.toy_evidence import AS_OF, LONDON, incident, incident_table, toy_base, toy_calendar

PARAMETERS = Parameters(
    bandwidth_m=60.0, corridor_length_m=400.0, n_null_runs=99, min_stratum_bursts=10
)
HARM = {"robbery": 9.0, "violence": 1.0, "drugs": 0.5, "other": 1.0}
ROWS = st.lists(st.integers(0, 3).map(float), min_size=2, max_size=9)


@pytest.mark.parametrize(
    ("one", "other", "tau"),
    [
        # one of six pairs is the other way round
        ([1, 2, 3, 4], [1, 3, 2, 4], 4 / 6),
        # one pair is tied in the first: two agree, of sqrt(2 x 3)
        ([1, 1, 2], [1, 2, 3], 2 / 6**0.5),
        ([1, 2, 3], [3, 2, 1], -1.0),
    ],
)
def test_ranks_by_hand(one: list[float], other: list[float], tau: float) -> None:
    assert rank_agreement(np.array(one), np.array(other)) == pytest.approx(tau)


def test_what_has_no_order_agrees_with_nothing() -> None:
    assert np.isnan(rank_agreement(np.zeros(4), np.arange(4.0)))
    assert np.isnan(rank_agreement(np.zeros(0), np.zeros(0)))


@given(ROWS)
def test_ranks_against_every_pair(values: list[float]) -> None:
    one = np.array(values)
    other = np.array(values)
    np.random.default_rng(len(values)).shuffle(other)
    if len(set(values)) == 1:
        return
    agree, pairs_one, pairs_other = 0.0, 0, 0
    for a in range(len(one)):
        for b in range(a):
            agree += np.sign(one[a] - one[b]) * np.sign(other[a] - other[b])
            pairs_one += one[a] != one[b]
            pairs_other += other[a] != other[b]
    expected = agree / (pairs_one * pairs_other) ** 0.5
    assert rank_agreement(one, other) == pytest.approx(expected)


def test_the_top_by_hand() -> None:
    length_m = np.array([100.0, 100.0, 100.0, 700.0])
    counted = np.ones(4, bool)
    one, other = np.array([3.0, 2.0, 1.0, 0.0]), np.array([3.0, 1.0, 2.0, 0.0])
    # the first 200 m share the first 100; with the first 100 m all is shared
    assert top_overlap(one, other, length_m, counted, 0.2) == pytest.approx(0.5)
    assert top_overlap(one, other, length_m, counted, 0.1) == pytest.approx(1.0)
    # what is not covered is in no denominator
    assert top_overlap(one, other, length_m, np.array([0, 1, 1, 1], bool), 1 / 9) == 0.0


def test_corridors_by_hand() -> None:
    length_m = np.array([100.0, 50.0, 150.0])
    one, other = np.array([True, True, False]), np.array([True, False, True])
    assert corridor_overlap(one, other, length_m) == pytest.approx(100 / 250)
    assert corridor_overlap(one, one, length_m) == 1.0
    assert np.isnan(corridor_overlap(one & False, one & False, length_m))


def toy_incidents(n: int = 240) -> pd.DataFrame:
    """Scatter incidents over the town and a term, more after school on Mill Lane and East Road."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(n):
        after = number % 3 == 0
        day = datetime(2026, 9, 7) + timedelta(days=int(rng.integers(0, 70)))  # noqa: DTZ001
        hour = rng.uniform(15.2, 17.5) if after else rng.uniform(0, 24)
        x = rng.uniform(0, 200)
        y = (100.0 if number % 2 else 0.0) if after else 100.0 * rng.integers(0, 3)
        starts = day + timedelta(hours=hour)
        category = str(rng.choice(["robbery", "violence", "drugs"]))
        rows.append(
            incident(
                x,
                y,
                starts,
                starts + timedelta(hours=2) if number % 5 == 0 else None,
                category=category,
                origin="discovered" if category == "drugs" else "reported",
            )
        )
    table = incident_table(rows)
    table["source"] = np.arange(n) % 4
    return table


def variants_of(incidents: pd.DataFrame) -> list[Variant]:
    category = incidents["category"].to_numpy(str)
    return [
        Variant("severity", "harm", severity=HARM),
        Variant("half_life", "20 days", half_life_days=20.0),
        Variant("half_life", "none", half_life_days=float("inf")),
        Variant("origin", "with discovered", score_discovered=True),
        Variant("source", "third", is_kept=(incidents["source"] != 2).to_numpy()),
        Variant("category", "robbery", is_kept=category != "robbery"),
        Variant("category", "all", is_kept=category == "none of these"),
    ]


def anew(base: EvidenceBase, variant: Variant) -> EvidenceBase:
    """Build everything again as if the choice had been made from the beginning."""
    parameters = base.parameters
    if variant.score_discovered is not None:
        parameters = dataclasses.replace(parameters, score_discovered=variant.score_discovered)
    if variant.half_life_days is not None:
        days = min(variant.half_life_days, 1e12)
        parameters = dataclasses.replace(parameters, half_life_days=days)
    incidents = base.incidents
    if variant.is_kept is not None:
        incidents = incidents[variant.is_kept].reset_index(drop=True)
    fresh = toy_base(incidents, parameters, base.is_covered)
    # the days that the sources speak for, and the kind of score, stay those of the run
    times = [
        dataclasses.replace(mine, windows=theirs.windows, days=theirs.days)
        for mine, theirs in zip(fresh.times, base.times, strict=True)
    ]
    severity = base.severity if variant.severity is None else variant.severity
    return dataclasses.replace(
        fresh, period=base.period, basis=base.basis, times=times, severity=severity
    )


def trees_of() -> tuple[SegmentIndex, list[WalkTree | None]]:
    network = toy_network()
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    gates = place_gates(network, index, toy_schools(), PARAMETERS)
    return index, walk_trees(network, gates, PARAMETERS)


def footfall_of(tree: WalkTree) -> np.ndarray:
    return np.exp(-tree.distance_m / 300.0)


def test_every_variant_is_the_chain_run_anew() -> None:
    incidents = toy_incidents()
    covered = np.ones(15, bool)
    covered[10] = False
    base = toy_base(incidents, PARAMETERS, covered)
    assert base.basis is Basis.WINDOW
    scores = score_area(base)
    _, trees = trees_of()

    def slow(base: EvidenceBase) -> list[np.ndarray]:
        one = score_area(base)
        bursts = make_bursts(base, one)
        return [
            assess_school(
                hours_case(base, bursts, tree, 0, footfall_of(tree)),
                PARAMETERS,
                np.random.default_rng(0),
            ).chosen
            for tree in trees
            if tree is not None
        ]

    schools = [
        None if tree is None else SchoolReach(tree, footfall_of(tree), 0, np.zeros(0))
        for tree in trees
    ]
    variants = variants_of(incidents)
    chosen, agreements = compare_variants(base, scores, variants, schools)
    reference = slow(base)
    assert chosen[2] is None
    for ours, twin in zip(chosen[:2], reference, strict=True):
        assert ours is not None
        assert ours.tolist() == twin.tolist()
    length_m = base.network.length_m
    moved = 0
    for variant, agreement in zip(variants[:-1], agreements, strict=False):
        there = anew(base, variant)
        fresh = score_area(there)
        assert agreement.n_scored == int(fresh.is_scored.sum())
        first, this = scores.intensity_per_km_day, fresh.intensity_per_km_day
        assert agreement.tau_b == pytest.approx(rank_agreement(first[covered], this[covered]))
        assert agreement.top_overlap == pytest.approx(
            [top_overlap(first, this, length_m, covered, share) for share in (0.01, 0.05)]
        )
        twins = [
            corridor_overlap(mine, other, tree.length_m)
            for mine, other, tree in zip(reference, slow(there), trees, strict=False)
            if tree is not None
        ]
        assert agreement.corridors[:2] == pytest.approx(twins), variant
        assert np.isnan(agreement.corridors[2])
        moved += min(twins) < 1.0
    # a choice that changes nothing would prove nothing
    assert moved >= 2
    nothing = agreements[-1]
    assert nothing.n_scored == 0
    assert np.isnan(nothing.tau_b)
    assert np.isnan(nothing.corridors).all()


def test_month_only_corridors_are_the_chain_run_anew() -> None:
    incidents = toy_incidents()
    month = incidents["starts_at"].dt.tz_convert(LONDON).dt.tz_localize(None).dt.to_period("M")
    incidents["starts_at"] = month.dt.start_time.dt.tz_localize(LONDON).dt.tz_convert("UTC")
    ends = (month + 1).dt.start_time.dt.tz_localize(LONDON).dt.tz_convert("UTC")
    incidents["ends_at"] = ends
    incidents["time_precision"] = "month"
    base = toy_base(incidents, PARAMETERS)
    assert base.basis is Basis.ALL_HOURS
    index, trees = trees_of()

    def tests(base: EvidenceBase) -> list[tuple[np.ndarray, np.ndarray]]:
        scores = score_area(base)
        scatter = scatter_footprint(base, index, trees)
        found = [
            assess_school(
                place_case(base, scores, scatter, tree, footfall_of(tree)),
                PARAMETERS,
                np.random.default_rng(0),
            )
            for tree in trees
            if tree is not None
        ]
        return [(test.chosen, test.expected_mass) for test in found]

    reference = tests(base)
    expected = iter(reference)
    schools = [
        None if tree is None else SchoolReach(tree, footfall_of(tree), 0, next(expected)[1])
        for tree in trees
    ]
    variants = variants_of(incidents)[:-1]
    chosen, agreements = compare_variants(base, score_area(base), variants, schools)
    assert [ours.tolist() for ours in chosen[:2] if ours is not None] == [
        twin.tolist() for twin, _ in reference
    ]
    for variant, agreement in zip(variants, agreements, strict=True):
        twins = [
            corridor_overlap(mine, other, tree.length_m)
            for (mine, _), (other, _), tree in zip(
                reference, tests(anew(base, variant)), trees, strict=False
            )
            if tree is not None
        ]
        assert agreement.corridors[:2] == pytest.approx(twins), variant


def test_the_reference_weighs_as_the_scores_do() -> None:
    base = toy_base(toy_incidents(), PARAMETERS)
    scores = score_area(base)
    (reference,) = weigh_variants(base, [])
    assert reference.is_scored.tolist() == scores.is_scored.tolist()
    assert reference.weight == pytest.approx(scores.weight)
    mass = base.located.footprint @ base.located.sum_by_anchor(reference.per_day)
    assert mass == pytest.approx(scores.mass_per_day)
    assert reference.has_same_incidents
    assert base.as_of == AS_OF
    assert toy_calendar().timezone == LONDON


def test_too_few_incidents_have_no_answer() -> None:
    incidents = toy_incidents(24)
    base = toy_base(incidents, PARAMETERS)
    base = dataclasses.replace(base, basis=Basis.WINDOW)
    chosen, agreements = compare_variants(
        base, score_area(base), variants_of(incidents), [None, None, None]
    )
    assert chosen == [None, None, None]
    assert all(np.isnan(one.tau_b) for one in agreements)
