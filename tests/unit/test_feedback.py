"""The feedback loop: what patrols add to the record, and what plans made from it do."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.feedback_chart import draw_chart
from corridors.analysis.feedback import (
    PatrolEffect,
    Walked,
    draw_discovered,
    is_recorded,
    length_overlap,
    near_patrols,
    ranking_tau,
)
from corridors.demo import demo_area_file
from corridors.domain.tables import INCIDENTS
from corridors.pipeline.feedback import Arm, Drift, run_arm
from corridors.pipeline.feedback_world import Harm, World, make_world
from corridors.pipeline.reading import read_tables
from corridors.pipeline.simulation import fit_area
from corridors.pipeline.stages import Stages
from tests.toy import ORIGIN, toy_network

if TYPE_CHECKING:
    from collections.abc import Sequence

NETWORK = toy_network()
NS_PER_H = 3_600_000_000_000
STARTS = int(pd.Timestamp("2026-06-10 15:15", tz="Europe/London").value)
WALKED = Walked(np.array([2, 8], np.int32), STARTS, STARTS + NS_PER_H)
"""Mill Lane west of Bridge Street, and Bridge Street south of it, for an hour of summer time."""


# --- the record


def test_near_is_within_reach_while_the_patrol_walks() -> None:
    places = np.array([(50, 130), (50, 160), (50, 130), (50, 130), (100, 20)], float) + ORIGIN
    during, before, end = STARTS + 5, STARTS - 1, STARTS + NS_PER_H
    middle = np.array([during, during, before, end, end - 1], np.int64)
    is_near = near_patrols(NETWORK, [WALKED], places, middle, 50.0)
    # 30 m off, 60 m off, too early, at the end (over by then), and on Bridge Street.
    assert is_near.tolist() == [True, False, False, False, True]
    assert not near_patrols(NETWORK, [], places, middle, 50.0).any()


def test_reports_rise_near_patrols_and_nowhere_else() -> None:
    luck = np.array([0.49, 0.55, 0.55, 0.55, 0.61])
    is_reported = np.array([True, True, True, False, True])
    is_near = np.array([False, True, False, True, True])
    effect = PatrolEffect(0.0, 0.2)  # half is reported, and six in ten near a patrol
    recorded = is_recorded(luck, is_reported, is_near, effect)
    assert recorded.tolist() == [True, True, False, False, False]


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_what_is_recorded_without_patrols_is_recorded_with_them(seed: int, rise: float) -> None:
    rng = np.random.default_rng(seed)
    luck, near = rng.random(200), rng.random(200) < 0.5
    everybody = np.ones(200, bool)
    without = is_recorded(luck, everybody, np.zeros(200, bool), PatrolEffect(0.0, rise))
    raised = is_recorded(luck, everybody, near, PatrolEffect(0.0, rise))
    assert (raised >= without).all()
    assert not (raised & ~without & ~near).any()


def test_patrols_find_where_and_when_they_walk() -> None:
    rng = np.random.default_rng(1)
    found = draw_discovered(
        NETWORK, [WALKED], 400.0, {"drugs": 3, "stop_and_search": 1}, "Europe/London", None, rng
    )
    INCIDENTS.check(found)
    assert len(found) == pytest.approx(400, rel=0.2)
    assert set(found["origin"]) == {"discovered"}
    assert (found["category"] == "drugs").mean() == pytest.approx(0.75, abs=0.1)
    moment = found["starts_at"].to_numpy("datetime64[ns]").astype(np.int64)
    assert moment.min() >= STARTS
    assert moment.max() < STARTS + NS_PER_H
    points = shapely.points(found[["x", "y"]].to_numpy())
    lines = NETWORK.segments.geometry.to_numpy()
    assert shapely.distance(points, shapely.union_all(lines[[2, 8]])).max() < 1e-6
    assert (shapely.distance(points, lines[2]) < 1e-6).mean() == pytest.approx(0.5, abs=0.1)


def test_patrols_that_find_nothing_and_none_at_all() -> None:
    rng = np.random.default_rng(1)
    for walked, per_h in (([WALKED], 0.0), ([], 5.0)):
        found = draw_discovered(NETWORK, walked, per_h, {"drugs": 1}, "Europe/London", None, rng)
        INCIDENTS.check(found)
        assert found.empty


def test_what_patrols_find_is_moved_to_anchors_like_all_else() -> None:
    anchors = np.array([(50.0, 90.0), (110.0, 40.0)]) + ORIGIN
    found = draw_discovered(
        NETWORK, [WALKED], 50.0, {"drugs": 1}, "Europe/London", (anchors, "snapped"),
        np.random.default_rng(1),
    )  # fmt: skip
    assert {*map(tuple, found[["x", "y"]].to_numpy())} == {*map(tuple, anchors)}
    assert set(found["place_precision"]) == {"snapped"}


@pytest.mark.parametrize(
    "values", [(-0.1, 0.0), (0.0, -0.1), (np.nan, 0.0), (0.0, 1.01), (0.0, 0.0, 0.0), (0.0, 0.0, 2)]
)
def test_rates_that_are_none_are_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"is not|is negative"):
        PatrolEffect(*values)


# --- drift


def test_overlap_is_by_length() -> None:
    length_m = np.array([100.0, 50.0, 10.0])
    one, other = np.array([True, True, False]), np.array([False, True, True])
    assert length_overlap(one, other, length_m) == pytest.approx(50 / 160)
    nothing = np.zeros(3, bool)
    assert length_overlap(nothing, nothing, length_m) == 1.0
    assert length_overlap(one, nothing, length_m) == 0.0


def test_ranking_leaves_out_what_is_empty_twice() -> None:
    one = np.array([3.0, 2.0, 1.0, 0.0, 0.0])
    other = np.array([1.0, 2.0, 3.0, 0.0, 0.0])
    assert ranking_tau(one, other) == pytest.approx(-1.0)
    assert np.isnan(ranking_tau(np.zeros(4), np.zeros(4)))


# --- the loop, on the bundled borough

N_WEEKS, SHARE = 4, 0.5
HARM = Harm(n_lasting=2, n_ended=1, ended_days=60, strength=60, reported_share=SHARE)


@pytest.fixture(scope="module")
def world() -> World:
    today = date(2100, 1, 1)
    tables = read_tables(demo_area_file(), as_of=None, today=today, stages=Stages(), cache_dir=None)
    # The test looks at the loop, not at the tails of the null.
    parameters = dataclasses.replace(tables.area.parameters, n_null_runs=199)
    area = dataclasses.replace(tables.area, parameters=parameters)
    return make_world(
        dataclasses.replace(tables, area=area),
        fit_area(tables, 2),
        HARM,
        n_weeks=N_WEEKS,
        seed=1,
    )


def run(world: World, per_h: float, rise: float, *, scored: bool) -> list[Drift]:
    effect = PatrolEffect(per_h, rise, SHARE)
    return run_arm(world, Arm(effect=effect, score_discovered=scored))


def beside(one: Sequence[Drift], other: Sequence[Drift], world: World) -> list[float]:
    length_m = world.tables.network.length_m
    return [
        length_overlap(a.patrolled, b.patrolled, length_m) for a, b in zip(one, other, strict=True)
    ]


def test_the_world_is_what_was_asked_for(world: World) -> None:
    assert len(world.weeks) == N_WEEKS
    assert all(week.weekday() == 0 for week in world.weeks)
    assert (len(world.planted), len(world.ended)) == (2, 1)
    assert not set(world.planted) & set(world.ended)
    assert world.truth["starts_at"].is_monotonic_increasing
    ended = pd.Timestamp(world.weeks[0], tz="Europe/London") - pd.Timedelta(days=HARM.ended_days)
    (way,) = world.ended.values()
    streets = shapely.union_all(world.tables.network.segments.geometry.to_numpy()[way])
    near = shapely.dwithin(shapely.points(world.truth[["x", "y"]].to_numpy()), streets, 20.0)
    minute = world.truth["starts_at"].dt.tz_convert("Europe/London").dt.hour
    after_school = near & minute.isin([15, 16]).to_numpy()
    is_later = (world.truth["starts_at"] >= ended).to_numpy()
    n_before, n_later = (after_school & ~is_later).sum(), (after_school & is_later).sum()
    # Ten months of it, then three of which only the noise is left.
    assert n_before > 80
    assert n_later < 0.15 * n_before


def test_unscored_does_not_drift_and_scored_does(world: World) -> None:
    without = run(world, 0.0, 0.0, scored=False)
    unscored = run(world, 2.0, 0.0, scored=False)
    assert all(week.n_patrolled >= 2 for week in without)
    assert beside(unscored, without, world) == [1.0] * N_WEEKS
    assert [week.made_share for week in unscored] == [0.0] * N_WEEKS
    for one, other in zip(unscored, without, strict=True):
        # Discovered records too tell that the source reached a day: a common factor at most.
        shares = (one.score / one.score.sum(), other.score / other.score.sum())
        np.testing.assert_allclose(*shares, rtol=1e-9)

    scored = run(world, 2.0, 0.0, scored=True)
    made = [week.made_share for week in scored]
    assert made[0] == 0.0
    assert made == sorted(made)
    assert made[-1] > 0.3
    assert beside(scored, without, world)[-1] < 0.95
    assert (scored[0].overlap, scored[0].tau) == pytest.approx((1.0, 1.0))


def test_reports_that_rise_move_an_unscored_plan_a_little(world: World) -> None:
    risen = run(world, 0.0, 1.0, scored=False)
    assert risen[0].made_share == 0.0
    # Twice the reports near patrols: some of the evidence is theirs, and less than if they scored.
    assert 0.0 < risen[-1].made_share < 0.3


def test_too_little_time_or_too_few_schools_are_refused(world: World) -> None:
    noise = fit_area(world.tables, 1)
    for n_lasting, n_weeks in ((1, 30), (7, 1)):
        harm = dataclasses.replace(HARM, n_lasting=n_lasting, n_ended=0)
        with pytest.raises(ValueError, match="too few"):
            make_world(world.tables, noise, harm, n_weeks=n_weeks, seed=1)


# --- the chart


def test_the_chart_is_told_in_words_and_repeats() -> None:
    arms = ("unscored, no patrols", "unscored", "unscored, reports rise", "scored",
            "scored, reports rise")  # fmt: skip
    runs = [
        {"seed": seed, "arm": arm, "number": number, "made_share": 0.1 * number, "beside": 0.9,
         "n_ended": 1}
        for seed in (1, 2) for arm in arms for number in (1, 2, 3)
    ]  # fmt: skip
    drawn = draw_chart(runs)
    assert drawn == draw_chart(runs)
    root = ET.fromstring(drawn)  # noqa: S314 -- our own words
    name = "{http://www.w3.org/2000/svg}"
    described = root.find(f"{name}desc")
    assert described is not None
    assert described.text is not None
    assert "In week 3" in described.text
    assert "30% of the evidence" in described.text
    assert root.find(f"{name}title") is not None
    assert len(root.findall(f"{name}polyline")) == 15
    without = draw_chart([row for row in runs if row["arm"] != "scored, reports rise"])
    assert without.count("<polyline") == 12
