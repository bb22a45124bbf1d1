"""The one door: what passes, what is held back, and what is said instead."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely

from corridors.domain.released import ReleasedPlan
from corridors.domain.vocabulary import Grade, Outcome, PlanStatus, PolicePresence
from corridors.errors import ReleaseError
from corridors.outputs.release import check_released, release_plan
from corridors.outputs.release_words import PUBLIC_SENTENCES, public_reason
from tests.toy import (
    TOY_CRS,
    toy_aims,
    toy_basis_arrays,
    toy_gates,
    toy_network,
    toy_plan,
    toy_roles,
)
from tests.toy_release import toy_released


def test_the_toy_plan_comes_out_as_known_by_hand() -> None:
    released = toy_released()
    assert [school.outcome for school in released.schools] == [
        "evidence_too_weak",
        "not_on_network",
        "patrol",
    ]
    (corridor,) = released.corridors
    assert corridor.length_m == 300
    assert corridor.streets == ("Mill Lane", "Bridge Street", "High Street")
    assert [patrol.starts_at.isoformat() for patrol in released.patrols] == [
        "2026-11-24T15:15:00+00:00",
        "2026-11-26T15:15:00+00:00",
    ]
    assert [role.name for role in released.patrols[0].roles] == [
        "Youth worker",
        "Member of school staff",
    ]
    assert released.n_uncovered == 1
    assert released.bands == ()


def test_candidates_do_not_leave() -> None:
    assert {corridor.corridor_id for corridor in toy_released().corridors} == {"C1"}


def test_corridor_geometry_is_where_it_should_be_and_forgets_the_walk() -> None:
    released = toy_released()
    plan = toy_plan()
    backwards = replace(
        plan.corridors[0],
        segment_ids=tuple(reversed(plan.corridors[0].segment_ids)),
        walk=tuple(reversed(plan.corridors[0].walk)),
    )
    turned = toy_released(plan=replace(plan, corridors=(backwards,)))
    assert turned.corridors[0].geometry.wkb == released.corridors[0].geometry.wkb
    geometry = released.corridors[0].geometry
    west, south, east, north = geometry.bounds
    # the town lies west of Cornwall; 100 m is about 0.0014 degrees of longitude there
    assert -5.6 < west < east < -5.5
    assert 50.7 < south < north < 50.8
    assert east - west == pytest.approx(0.00142, abs=0.0002)
    xy = shapely.get_coordinates(geometry)
    np.testing.assert_allclose(xy, np.round(xy, 5), atol=1e-12)


@pytest.mark.parametrize(("n", "leaves"), [(8, True), (7, False), (None, False)])
def test_a_corridor_on_too_few_incidents_is_held_back(n: int | None, *, leaves: bool) -> None:
    plan = toy_plan()
    schools = (replace(plan.schools[0], n=n), *plan.schools[1:])
    released = toy_released(plan=replace(plan, schools=schools))
    assert bool(released.corridors) is leaves
    assert bool(released.patrols) is leaves
    (school,) = [one for one in released.schools if one.school_id == "T1"]
    assert school.outcome == ("patrol" if leaves else "withheld")
    assert school.reason in PUBLIC_SENTENCES


def test_a_corridor_that_nobody_walks_is_not_shown() -> None:
    plan = toy_plan()
    schools = (replace(plan.schools[0], outcome=Outcome.UNCOVERED), *plan.schools[1:])
    released = toy_released(plan=replace(plan, schools=schools, patrols=()))
    assert len(released.corridors) == 0
    assert "not available" in released.schools[2].reason


def test_draft_until_every_protocol_is_agreed() -> None:
    assert toy_released().is_draft
    assert "agreed" in toy_released().draft_reason
    agreed = toy_released(plan=toy_plan(agreed=True))
    assert not agreed.is_draft
    assert agreed.draft_reason == ""


def test_a_patrol_without_police_and_without_protocol_is_a_draft() -> None:
    plan = toy_plan(agreed=True)
    patrols = tuple(replace(patrol, protocol_id=None) for patrol in plan.patrols)
    assert toy_released(plan=replace(plan, patrols=patrols)).is_draft
    with_police = tuple(replace(patrol, police=PolicePresence.NEEDED) for patrol in patrols)
    assert not toy_released(plan=replace(plan, patrols=with_police)).is_draft


def test_a_plan_that_calls_itself_draft_is_one() -> None:
    plan = replace(toy_plan(agreed=True), status=PlanStatus.DRAFT)
    assert toy_released(plan=plan).is_draft


@pytest.mark.parametrize(
    ("issued_on", "short"), [(date(2026, 11, 21), False), (date(2026, 11, 22), True)]
)
def test_short_notice_is_sooner_than_the_lead(issued_on: date, *, short: bool) -> None:
    # the first patrol is on the 24th and the lead is three days
    released = toy_released(plan=replace(toy_plan(), issued_on=issued_on))
    assert released.is_short_notice is short


def test_month_only_bands_by_shares_of_length() -> None:
    released = toy_released(plan=replace(toy_plan(), basis="all_hours"))
    # covered, at least 8 incidents and intensity above 0, lowest first: s01 and s09 (1), s03 (2),
    # s06 (3), s10 (4), s11 (5), s13 (6, 223.6 m), s00 (9), s08 (10), s02 (12): 1,123.6 m in all.
    # Middles of the shares: 0.089 (s01, s09), 0.22, 0.31, 0.40, 0.49, 0.63 (s13), 0.78, 0.87, 0.96.
    network = toy_network()
    expected = {
        "fewer reports": ["s01", "s03", "s06", "s09", "s10", "s11"],
        "more reports": ["s00", "s13"],
        "most reports": ["s02", "s08"],
    }
    assert [band.label for band in released.bands] == list(expected)
    for band in released.bands:
        rows = network.segments["segment_id"].isin(expected[band.label])
        lines = network.segments[rows].to_crs("EPSG:4326").geometry
        assert shapely.hausdorff_distance(band.geometry, lines.union_all()) < 2e-5


def test_equal_streets_share_one_band() -> None:
    n = toy_network().n_segments
    released = toy_released(
        plan=replace(toy_plan(), basis="all_hours"),
        segment_intensity=np.ones(n),
        segment_support=np.full(n, 100.0),
    )
    assert len(released.bands) == 1


def test_nothing_below_the_least_count_has_a_band() -> None:
    n = toy_network().n_segments
    plan = replace(toy_plan(), basis="all_hours")
    few = toy_released(plan=plan, segment_support=np.full(n, 7.0))
    assert few.bands == ()
    dark = toy_released(plan=plan, covered=np.zeros(n, bool))
    assert dark.bands == ()
    assert dark.n_uncovered == n


def test_an_override_is_told_without_its_name_or_words() -> None:
    override = {"by": "Jo Sentinel", "reason": "because of Sentinel"}
    plan = replace(toy_plan(), basis="all_hours", override=override)
    released = toy_released(plan=plan)
    text = repr(released)
    assert "named person" in text
    assert "Sentinel" not in text


@pytest.mark.parametrize("outcome", [*Outcome, "withheld"])
@pytest.mark.parametrize("grade", list(Grade))
def test_every_outcome_has_a_sentence_without_a_figure(outcome: str, grade: str) -> None:
    for by_decision in (True, False):
        sentence = public_reason(outcome, grade, by_decision=by_decision)
        assert sentence in PUBLIC_SENTENCES
        assert not any(character.isdigit() for character in sentence)


def test_arrays_must_fit_the_network() -> None:
    with pytest.raises(ReleaseError, match="segment_support"):
        toy_released(segment_support=np.ones(3))


def test_without_the_least_count_nothing_leaves() -> None:
    with pytest.raises(ReleaseError, match="min_count"):
        toy_released(plan=replace(toy_plan(), parameters={"notice_lead_days": 3}))


def _with(released: ReleasedPlan, **changes: object) -> ReleasedPlan:
    return dataclasses.replace(released, **changes)  # type: ignore[arg-type]


def test_the_last_check_refuses_what_must_not_leave() -> None:
    released = toy_released()
    school, corridor, patrol = released.schools[0], released.corridors[0], released.patrols[0]
    fine = shapely.transform(corridor.geometry, lambda xy: xy + 1e-7)
    refused = [
        _with(released, schools=(replace(school, reason="6 incidents"),)),
        _with(released, schools=(replace(school, outcome="41"),)),
        _with(released, notes=("6 incidents",)),
        _with(released, draft_reason="Jo has not agreed"),
        _with(released, is_draft=False),
        _with(released, corridors=(replace(corridor, geometry=fine),)),
        _with(released, corridors=(replace(corridor, grade="n=41"),)),
        _with(released, corridors=()),
        _with(released, patrols=(replace(patrol, starts_at=patrol.starts_at.replace(second=5)),)),
        _with(released, patrols=(replace(patrol, starts_at=patrol.starts_at.replace(day=1)),)),
        _with(released, patrols=toy_plan().patrols),
        _with(released, streets=toy_network().segments.geometry.union_all()),
        _with(released, attribution=41.0 + 2j),
    ]
    check_released(released)
    for one in refused:
        with pytest.raises(ReleaseError):
            check_released(one)
    with pytest.raises(ReleaseError):
        check_released(toy_plan())  # type: ignore[arg-type]


def test_bands_leave_only_month_only_areas() -> None:
    month_only = toy_released(plan=replace(toy_plan(), basis="all_hours"))
    with pytest.raises(ReleaseError, match="bands"):
        check_released(_with(month_only, basis="window"))
    with pytest.raises(ReleaseError, match="bands"):
        check_released(_with(month_only, bands=month_only.bands * 2))


def test_release_is_the_same_each_time() -> None:
    intensity, support, covered = toy_basis_arrays()
    first, second = (
        release_plan(
            toy_plan(),
            toy_network(),
            toy_gates(),
            toy_roles(),
            toy_aims(),
            segment_intensity=intensity,
            segment_support=support,
            covered=covered,
            crs=TOY_CRS,
        )
        for _ in range(2)
    )
    assert first == second


def test_names_of_streets_are_placed_on_them() -> None:
    labels = {label.name: label for label in toy_released().labels}
    assert len(labels) == 8  # Quarry Close is too short for one
    assert labels["High Street"].angle_deg == 0.0
    assert abs(labels["West Road"].angle_deg) == 90.0
    assert labels["Railway Footbridge"].angle_deg == pytest.approx(-27.0, abs=1.0)
