"""Made-up incidents: clustered as the source's, timed by stated hours, tied to no school."""

from __future__ import annotations

import dataclasses
from datetime import time
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.analysis.gaps import QUIET_SHARE, QUIET_SQUARE_M, draw_gaps, is_kept
from corridors.analysis.habits import draw_habits, fit_habit_spread
from corridors.analysis.noise import (
    ADDRESSES,
    HourProfile,
    Noise,
    fit_noise,
    last_day,
    with_addresses,
    with_anchors,
)
from corridors.analysis.planting import WayFinder, plant_incidents
from corridors.analysis.simulating import draw_noise
from corridors.domain.network import StreetNetwork
from corridors.domain.tables import INCIDENTS
from corridors.errors import SourceError
from corridors.sources.hour_profiles import read_hour_profiles
from corridors.sources.incidents_words import read_categories

PROFILES = {"other": HourProfile(np.eye(24)[9], 0.0, 1.0)}
"""Everything at nine o'clock in the morning."""


def monthly(n: int = 3000, seed: int = 1) -> pd.DataFrame:
    """Give a source of months: a hundred places, a few of which have most; no May."""
    rng = np.random.default_rng(seed)
    weight = 1.0 / np.arange(1, 101) ** 1.2
    place = rng.choice(100, n, p=weight / weight.sum())
    month = rng.choice([1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12], n)
    starts = pd.DatetimeIndex([f"2025-{one:02d}-01" for one in month]).tz_localize("UTC")
    return pd.DataFrame(
        {
            "starts_at": starts,
            "ends_at": starts + pd.offsets.MonthBegin(1),
            "time_precision": "month",
            "category": np.where(rng.random(n) < 0.3, "drugs", "violence"),
            "origin": np.where(rng.random(n) < 0.2, "discovered", "reported"),
            "x": 1000.0 + 37.0 * place,
            "y": 2000.0 + 11.0 * place,
            "place_precision": "snapped",
        }
    )


def fit(incidents: pd.DataFrame, n_years: int = 1) -> Noise:
    return fit_noise(
        incidents, PROFILES, timezone="Europe/London", n_years=n_years, cluster_gap_h=3.0
    )


def top_tenth(incidents: pd.DataFrame) -> float:
    """Give the share of the incidents at the ten fullest of a hundred places."""
    count = incidents.groupby(["x", "y"]).size().sort_values(ascending=False)
    return float(count.head(10).sum() / count.sum())


def test_a_draw_is_a_table_of_incidents_in_order() -> None:
    drawn = draw_noise(fit(monthly()), "Europe/London", np.random.default_rng(1))
    INCIDENTS.check(drawn)
    assert drawn["starts_at"].is_monotonic_increasing
    assert drawn["incident_id"].str.startswith("simulated-").all()
    assert drawn["incident_id"].is_unique
    assert (drawn["ends_at"] >= drawn["starts_at"]).all()


def test_numbers_places_and_kinds_are_those_of_the_source() -> None:
    source = monthly()
    drawn = draw_noise(fit(source), "Europe/London", np.random.default_rng(2))
    # Eleven months were seen and one was a gap: a year of it is as many again.
    assert len(drawn) == pytest.approx(len(source), rel=0.1)
    assert set(zip(drawn["x"], drawn["y"], strict=True)) <= set(
        zip(source["x"], source["y"], strict=True)
    )
    assert (drawn["category"] == "drugs").mean() == pytest.approx(0.3, abs=0.04)
    assert (drawn["origin"] == "discovered").mean() == pytest.approx(0.2, abs=0.04)
    assert set(drawn["place_precision"]) == {"snapped"}


def test_places_are_never_even() -> None:
    source = monthly()
    drawn = draw_noise(fit(source), "Europe/London", np.random.default_rng(3))
    assert top_tenth(source) > 0.5
    assert top_tenth(drawn) == pytest.approx(top_tenth(source), abs=0.05)


def test_a_gap_of_the_source_stays_a_gap() -> None:
    drawn = draw_noise(fit(monthly()), "Europe/London", np.random.default_rng(4))
    local = drawn["starts_at"].dt.tz_convert("Europe/London")
    assert set(local.dt.month) == set(range(1, 13)) - {5}
    assert set(local.dt.year) == {2025}


def test_no_interval_leaves_the_simulated_time() -> None:
    profiles = {"other": HourProfile(np.ones(24), 1.0, 48.0)}
    noise = fit_noise(monthly(), profiles, timezone="Europe/London", n_years=1, cluster_gap_h=3.0)
    drawn = draw_noise(noise, "Europe/London", np.random.default_rng(9))
    assert (drawn["time_precision"] == "interval").mean() > 0.99
    assert drawn["starts_at"].min() >= pd.Timestamp("2025-01-01", tz="Europe/London")
    assert drawn["ends_at"].max() < pd.Timestamp("2026-01-01", tz="Europe/London")


def test_before_the_source_begins_is_no_gap() -> None:
    noise = fit(monthly(), n_years=2)
    assert (noise.day[0], noise.day[-1]) == (np.datetime64("2024-01-01"), last_day(noise))
    before = noise.day < np.datetime64("2025-01-01")
    assert (noise.day_weight[before] > 0).all()
    assert noise.day_weight[before].sum() == pytest.approx(12 * 3000 / 11)


def test_hours_are_the_stated_ones_where_the_source_has_none() -> None:
    noise = fit(monthly())
    assert not noise.has_own_hours.any()
    drawn = draw_noise(noise, "Europe/London", np.random.default_rng(5))
    hour = drawn["starts_at"].dt.tz_convert("Europe/London").dt.hour
    # What follows another within minutes may fall past ten.
    assert (hour == 9).mean() > 0.85
    assert hour.min() == 9


def test_hours_are_the_source_s_own_where_it_has_them() -> None:
    source = monthly()
    source["starts_at"] += pd.Timedelta(days=3, hours=20)
    source["ends_at"] = source["starts_at"]
    source["time_precision"] = "exact"
    noise = fit(source)
    assert noise.has_own_hours.all()
    assert (noise.interval_share == 0).all()
    # Twenty o'clock UTC is twenty or twenty-one in London; the profile counts for 24 of 900.
    assert noise.hours[:, 20:22].sum(axis=1).min() > 0.95


def test_spells_of_a_place_show_in_its_dispersion() -> None:
    even = monthly()
    assert fit(even).dispersion == pytest.approx(1.0, abs=0.1)
    # The same place, kind and month three times over: variance over mean is three.
    spelled = pd.concat([even.iloc[:1000]] * 3, ignore_index=True)
    assert fit(spelled).dispersion == pytest.approx(3.0, rel=0.25)
    drawn = draw_noise(fit(spelled), "Europe/London", np.random.default_rng(6))
    month = drawn["starts_at"].dt.tz_convert("Europe/London").dt.month
    cell = drawn.groupby([drawn["x"], drawn["category"], month]).size()
    once = draw_noise(fit(even), "Europe/London", np.random.default_rng(6))
    month = once["starts_at"].dt.tz_convert("Europe/London").dt.month
    assert cell.mean() > 1.2 * once.groupby([once["x"], once["category"], month]).size().mean()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=5, deadline=None)
def test_a_seed_repeats_and_another_does_not(seed: int) -> None:
    noise = fit(monthly(400))
    one, same, other = (
        draw_noise(noise, "Europe/London", np.random.default_rng(n)) for n in (seed, seed, seed + 1)
    )
    pd.testing.assert_frame_equal(one, same)
    assert len(one) != len(other) or not one.equals(other)


def test_exact_addresses_lie_around_their_anchor() -> None:
    noise = fit(monthly(400))
    exact = with_addresses(noise, np.random.default_rng(7))
    assert len(exact.xy) == ADDRESSES * len(noise.xy)
    assert exact.pair_count.sum() == pytest.approx(noise.pair_count.sum())
    far = np.hypot(*(exact.xy - np.repeat(noise.xy, ADDRESSES, axis=0)).T)
    assert 20 < np.median(far) < 60
    drawn = draw_noise(exact, "Europe/London", np.random.default_rng(8))
    assert set(drawn["place_precision"]) == {"exact"}


def test_nothing_to_fit_is_said() -> None:
    with pytest.raises(ValueError, match="incidents"):
        fit(monthly(10).iloc[:0])


# --- planted corridors


def grid(side: int = 25, step_m: float = 100.0) -> StreetNetwork:
    """Give square blocks; segment rows run east first, then north."""
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    node_xy = np.column_stack([column.ravel(), row.ravel()]) * step_m
    number = np.arange(side * side).reshape(side, side)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()]).astype(np.int32)
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()]).astype(np.int32)
    geometry = shapely.linestrings(np.stack([node_xy[u], node_xy[v]], axis=1))
    segments = gpd.GeoDataFrame(
        {"segment_id": [f"s{n}" for n in range(u.size)], "u": u, "v": v, "length_m": step_m},
        geometry=geometry,
        crs="EPSG:27700",
    )
    return StreetNetwork(segments, node_xy.astype(np.float64), "EPSG:27700")


GRID = grid()
ALL_OPEN = np.ones(GRID.n_segments, bool)
BELLS = (time(15, 0), time(15, 0), time(15, 0), time(15, 0), time(14, 0), None, None)
DAYS = np.array(["2026-03-26", "2026-03-27", "2026-03-30"], "datetime64[D]")
"""A Thursday and a Friday of winter time, and a Monday of summer time."""


def test_a_way_is_connected_begins_at_the_gate_and_is_a_kilometre() -> None:
    finder = WayFinder(GRID, ALL_OPEN)
    for seed in range(20):
        way = finder.draw(300, 1000.0, np.random.default_rng(seed))
        assert way[0] == 300
        assert len(set(way.tolist())) == way.size
        assert 850 <= GRID.length_m[way].sum() <= 1150
        for one, other in pairwise(way):
            assert {GRID.u[one], GRID.v[one]} & {GRID.u[other], GRID.v[other]}


def test_a_way_keeps_to_open_streets() -> None:
    is_open = ALL_OPEN.copy()
    is_open[::7] = False
    way = WayFinder(GRID, is_open).draw(300, 1000.0, np.random.default_rng(1))
    assert way.size
    assert is_open[way].all()
    is_open[300] = False
    assert WayFinder(GRID, is_open).draw(300, 1000.0, np.random.default_rng(1)).size == 0
    assert WayFinder(GRID, ALL_OPEN).draw(-1, 1000.0, np.random.default_rng(1)).size == 0


@pytest.mark.parametrize("is_coarse", [False, True])
def test_planted_incidents_follow_the_bell_on_teaching_days(*, is_coarse: bool) -> None:
    way = WayFinder(GRID, ALL_OPEN).draw(300, 1000.0, np.random.default_rng(1))
    anchors = GRID.node_xy + 5.0
    planted = plant_incidents(
        GRID,
        way,
        DAYS,
        BELLS,
        200,
        "Europe/London",
        (anchors, "snapped") if is_coarse else None,
        np.random.default_rng(2),
    )
    INCIDENTS.check(planted)
    assert len(planted) == 200
    local = planted["starts_at"].dt.tz_convert("Europe/London")
    assert set(local.dt.strftime("%Y-%m-%d")) == {str(day) for day in DAYS}
    bell_min = np.where(local.dt.day_of_week == 4, 14 * 60, 15 * 60)
    after_min = local.dt.hour * 60 + local.dt.minute - bell_min
    assert after_min.between(0, 120).all()
    assert set(planted["origin"]) == {"reported"}
    points = shapely.points(planted[["x", "y"]].to_numpy())
    line = shapely.union_all(GRID.segments.geometry.to_numpy()[way])
    if is_coarse:
        assert set(planted["place_precision"]) == {"snapped"}
        assert {*map(tuple, planted[["x", "y"]].to_numpy())} <= {*map(tuple, anchors)}
        assert shapely.distance(points, line).max() < 80
    else:
        assert set(planted["place_precision"]) == {"exact"}
        assert shapely.distance(points, line).max() < 15


def test_nowhere_or_never_is_refused() -> None:
    rng = np.random.default_rng(1)
    way = np.array([300], np.int32)
    for days, where, n in ((DAYS[:0], way, 5), (DAYS, way[:0], 5), (DAYS, way, 0)):
        with pytest.raises(ValueError, match="plant"):
            plant_incidents(GRID, where, days, BELLS, n, "Europe/London", None, rng)


# --- stated hours


def test_every_category_has_stated_hours() -> None:
    profiles = read_hour_profiles()
    assert set(profiles) == set(read_categories().by_slug)
    for weight, share, long_h in profiles.values():
        assert weight.shape == (24,)
        assert weight.min() > 0
        assert 0 <= share <= 1
        assert long_h > 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no hours"),
        ("[category.robery]\nhours = []\n", "not one of our categories"),
        ("[category.robbery]\nhours = [1, 2]\ninterval_share = 0\ninterval_h = 1\n", "24 weights"),
        ("[category.robbery\n", "not TOML"),
    ],
)
def test_bad_hours_are_told(tmp_path_factory: pytest.TempPathFactory, text: str, told: str) -> None:
    path = tmp_path_factory.mktemp("hours") / "hours.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as error:
        read_hour_profiles(path)
    assert told in " ".join(map(str, error.value.problems))


def test_the_rim_of_a_source_is_no_month_of_it() -> None:
    source = monthly()
    rim = source.iloc[:20].copy()
    rim["starts_at"] = pd.Timestamp("2026-01-01", tz="Europe/London").tz_convert("UTC")
    rim["ends_at"] = rim["starts_at"] + pd.Timedelta(days=1)
    assert last_day(fit(pd.concat([source, rim], ignore_index=True))) == last_day(fit(source))
    whole = pd.concat([source, *[rim] * 10], ignore_index=True)
    assert last_day(fit(whole)) > last_day(fit(source))


def test_anchors_stand_for_what_is_near_them() -> None:
    noise = fit(monthly(400))
    anchors = np.array([[0.0, 0.0], [10_000.0, 10_000.0]])
    moved = with_anchors(with_addresses(noise, np.random.default_rng(1)), anchors)
    assert set(moved.precision) == {"snapped"}
    assert set(map(tuple, moved.xy)) <= set(map(tuple, anchors))
    nearest = np.argmin(np.hypot(*(noise.xy[:, None] - anchors).T).T, axis=1)
    assert (moved.xy.reshape(len(noise.xy), -1, 2)[:, 0] == anchors[nearest]).mean() > 0.9


# --- habits


def even_places(n_places: int, each: int) -> Noise:
    """Give places a kilometre apart, with as many incidents each, at any hour alike."""
    noise = fit(monthly(400))
    return dataclasses.replace(
        noise,
        xy=np.column_stack([1000.0 * np.arange(n_places), np.zeros(n_places)]).astype(np.float64),
        precision=np.full(n_places, "snapped", object),
        pair_place=np.arange(n_places),
        pair_category=np.zeros(n_places, np.int64),
        pair_count=np.ones(n_places),
        day_weight=np.full(noise.day.size, n_places * each / noise.day.size),
        hours=np.full_like(noise.hours, 1.0 / 24),
        dispersion=1.0,
    )


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_habits_are_as_wide_as_asked_and_can_be_fitted(spread: float) -> None:
    noise = even_places(300, 60)
    habits = draw_habits(noise.xy, spread, np.random.default_rng(1))
    assert habits.shape == (300, 24)
    assert habits.std() == pytest.approx(spread, rel=0.1)
    drawn = draw_noise(noise, "Europe/London", np.random.default_rng(2), habits)
    # Three hours are looked at together, so a little of the spread is lost.
    assert fit_habit_spread(drawn, "Europe/London") == pytest.approx(spread, abs=0.15)


def test_one_square_has_one_habit_and_one_incident_none() -> None:
    xy = np.array([[0.0, 0.0], [199.0, 150.0], [201.0, 0.0]])
    habits = draw_habits(xy, 1.0, np.random.default_rng(1))
    assert (habits[0] == habits[1]).all()
    assert not (habits[0] == habits[2]).any()
    drawn = draw_noise(fit(monthly(300)), "Europe/London", np.random.default_rng(1))
    assert np.isnan(fit_habit_spread(drawn.iloc[:1], "Europe/London"))


# --- gaps


def test_a_missing_month_loses_all_and_a_quiet_place_half_of_its_reports() -> None:
    drawn = draw_noise(fit(monthly()), "Europe/London", np.random.default_rng(1))
    xy = drawn[["x", "y"]].to_numpy()
    days = np.arange(np.datetime64("2025-01-01"), np.datetime64("2026-01-01"))
    gaps = draw_gaps(days, xy, 3, 0.5, np.random.default_rng(2))
    assert len(set(gaps.months.tolist())) == 3
    kept = is_kept(drawn, gaps, "Europe/London", np.random.default_rng(3))
    month = drawn["starts_at"].dt.tz_convert("Europe/London").dt.tz_localize(None)
    is_missing = np.isin(month.to_numpy().astype("datetime64[M]"), gaps.months)
    assert is_missing.any()
    assert not kept[is_missing].any()
    square = np.floor(xy / QUIET_SQUARE_M).astype(int)
    is_quiet = (square[:, None] == gaps.quiet[None]).all(axis=2).any(axis=1)
    assert 0.2 < is_quiet.mean() < 0.8
    is_discovered = (drawn["origin"] == "discovered").to_numpy()
    there = ~is_missing
    assert kept[there & ~is_quiet].all()
    assert kept[there & is_discovered].all()
    share = kept[there & is_quiet & ~is_discovered].mean()
    assert share == pytest.approx(QUIET_SHARE, abs=0.07)


def test_no_gaps_lose_nothing_and_too_many_are_refused() -> None:
    drawn = draw_noise(fit(monthly(300)), "Europe/London", np.random.default_rng(1))
    days = np.arange(np.datetime64("2025-11-01"), np.datetime64("2026-01-01"))
    xy, rng = drawn[["x", "y"]].to_numpy(), np.random.default_rng(2)
    gaps = draw_gaps(days, xy, 0, 0.0, rng)
    assert (gaps.months.size, len(gaps.quiet)) == (0, 0)
    assert is_kept(drawn, gaps, "Europe/London", rng).all()
    for n_months, share in ((2, 0.0), (-1, 0.0), (0, 1.1)):
        with pytest.raises(ValueError, match=r"month|share"):
            draw_gaps(days, xy, n_months, share, rng)
