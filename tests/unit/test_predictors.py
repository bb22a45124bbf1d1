"""Forecasts on the toy town, where every answer is known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from corridors.analysis.forecasts import (
    OURS,
    SPREAD_COUNT,
    Streets,
    choose_corridors,
    make_forecasts,
)
from corridors.analysis.mixture import fit_mixture, mixture_weights, time_blocks
from corridors.analysis.predictors import (
    Past,
    count_density,
    gaussian_density,
    grid_density,
    middles_of,
    network_density,
    planar_density,
    prospective_weight,
)
from corridors.analysis.tracing import DEFAULT_RULE
from corridors.analysis.walk_tree import WalkTree
from tests.toy import ORIGIN, toy_network

NETWORK = toy_network()
LENGTH_M = NETWORK.length_m
EVERYWHERE = np.ones(NETWORK.n_segments, bool)


def past_of(
    segment: list[int], position_m: list[float], age_days: list[float], weight: float = 1.0
) -> Past:
    lines = NETWORK.segments.geometry.iloc[segment]
    points = lines.interpolate(np.array(position_m))
    n = len(segment)
    return Past(
        np.arange(n),
        np.array(segment, np.int32),
        np.array(position_m),
        np.ones(n),
        np.column_stack([points.x, points.y]),
        np.full(n, weight),
        np.array(age_days),
    )


# two on Mill Lane s02 at (25, 100) and (50, 100), one on Quarry Close s12 at (200, 220)
PAST = past_of([2, 2, 12], [25.0, 50.0, 20.0], [1.0, 8.0, 100.0])


def test_count_per_metre() -> None:
    density = count_density(NETWORK, PAST)
    assert density[[2, 12]].tolist() == pytest.approx([2 / 100, 1 / 50])
    assert np.delete(density, [2, 12]).sum() == 0


def test_an_incident_in_parts_counts_in_parts() -> None:
    spread = Past(
        np.array([0, 0]),
        np.array([0, 1], np.int32),
        np.array([50.0, 50.0]),
        np.array([0.25, 0.75]),
        np.zeros((1, 2)),
        np.array([4.0]),
        np.array([0.0]),
    )
    assert spread.mass(15)[:3].tolist() == [1.0, 3.0, 0.0]


def test_grid_cells_by_hand() -> None:
    middles = middles_of(NETWORK)
    assert middles[2].tolist() == [ORIGIN[0] + 50, ORIGIN[1] + 100]
    cells = grid_density(middles, PAST, 120.0, ORIGIN)
    # the cell from (0, 0) to (120, 120) holds the middles of s00, s02, s06, s08 and the footbridge
    assert np.flatnonzero(cells == 2).tolist() == [0, 2, 6, 8, 13]
    # the one from (120, 120) holds those of s05 (150, 200), s11 (200, 150) and s12 (200, 225)
    assert np.flatnonzero(cells == 1).tolist() == [5, 11, 12]


def test_planar_kernel_by_hand() -> None:
    density = planar_density(middles_of(NETWORK), PAST, 100.0)
    # s02's middle is 25 m and 0 m away; the middle of s06 at (0, 50) is 50 x sqrt(5) / 2 = 55.9
    # and 70.7 m away
    assert density[2] == pytest.approx((1 - 0.0625) + 1)
    assert density[6] == pytest.approx((1 - 0.3125) + (1 - 0.5))
    assert density[14] == 0
    bell = gaussian_density(middles_of(NETWORK), PAST, 50.0)
    assert bell[2] == pytest.approx(np.exp(-0.125) + 1)
    # the middle of s10 at (200, 50) is 158 m and 182 m from Mill Lane's, beyond three deviations,
    # and 170 m from the one on Quarry Close
    assert bell[10] == 0


def test_network_kernel_keeps_its_mass_and_crosses_no_bridge() -> None:
    one = past_of([8], [50.0], [0.0])  # on Bridge Street, right under the footbridge
    density = network_density(NETWORK, one, 50.0, "epanechnikov")
    assert density @ LENGTH_M == pytest.approx(1.0)
    assert density[8] * 100 == pytest.approx(1.0)
    assert density[13] == 0


def test_recent_weighs_more() -> None:
    # 1, 8 and 100 days are 0, 1 and 14 whole weeks
    assert prospective_weight(PAST).tolist() == pytest.approx([1, 1 / 2, 1 / 15])


def test_weights_of_parts_that_do_not_overlap_are_their_counts() -> None:
    density = np.array([[2.0, 0.0], [0.0, 0.5], [0.0, 0.5]])
    weights, mean_log = mixture_weights(density, np.array([3.0, 4.0, 5.0]))
    assert weights.tolist() == pytest.approx([0.25, 0.75])
    assert mean_log == pytest.approx((3 * np.log(0.5) + 9 * np.log(0.375)) / 12)


def test_weights_by_hand_where_parts_overlap() -> None:
    # one part says 1 of both places, the other 3 and 0: log(w + 3(1 - w)) + log(w) has its maximum
    # where -2 / (3 - 2w) + 1 / w = 0, so w = 3/4
    density = np.array([[1.0, 3.0], [1.0, 0.0]])
    weights, _ = mixture_weights(density, np.array([1.0, 1.0]))
    assert weights.tolist() == pytest.approx([0.75, 0.25], abs=1e-3)


def test_blocks_of_time() -> None:
    rng = np.random.default_rng(0)
    age = np.array([30.0, 10.0, 30.0, 20.0, 40.0, 10.0])
    # oldest first 40 30 30 20 10 10, two to a block; those of one moment go with the first of them
    assert time_blocks(age, 3, rng).tolist() == [0, 2, 0, 1, 0, 2]
    # one month alone cannot be told apart by time: blocks are drawn
    drawn = time_blocks(np.full(10, 3.0), 5, rng)
    assert np.bincount(drawn).tolist() == [2] * 5


def test_a_place_that_comes_back_is_learnt() -> None:
    n = 60
    past = past_of([2] * n, [25.0] * n, list(np.linspace(1, 99, n)))
    again = fit_mixture(
        NETWORK,
        {"all": past},
        "all",
        EVERYWHERE,
        "epanechnikov",
        np.random.default_rng(0),
    )
    assert again.density @ LENGTH_M == pytest.approx(1.0)
    assert sum(again.parts.values()) == pytest.approx(1.0)
    # the count is at least as good as any part that leaves the segment, and 25 m do not reach out
    assert again.parts["all, count"] + again.parts["all, 25 m"] > 0.99
    assert again.log_likelihood == pytest.approx(np.log(1 / 100), abs=0.01)


def test_places_that_do_not_come_back_are_smoothed() -> None:
    rng = np.random.default_rng(3)
    segment = rng.choice(15, 400, p=LENGTH_M / LENGTH_M.sum())
    position_m = rng.uniform(0, 1, 400) * LENGTH_M[segment]
    past = past_of(segment.tolist(), position_m.tolist(), rng.uniform(0, 300, 400).tolist())
    smooth = fit_mixture(NETWORK, {"all": past}, "all", EVERYWHERE, "epanechnikov", rng)
    even = 1 / LENGTH_M.sum()
    assert smooth.density == pytest.approx(even, rel=0.35)
    # it foresees no worse than knowing the truth, less what the finite sample costs
    assert smooth.log_likelihood > np.log(even) - 0.02


def test_every_method_speaks_and_streets_without_data_are_not_foreseen() -> None:
    counted = EVERYWHERE.copy()
    counted[14] = False
    n = 40
    past = past_of([2, 3] * (n // 2), [25.0, 75.0] * (n // 2), list(np.linspace(1, 60, n)))
    found, mixture = make_forecasts(
        Streets(NETWORK, middles_of(NETWORK), counted, "epanechnikov"),
        {"window": past, "all_hours": past},
        {"window": past, "all_hours": past},
        "window",
        31.0,
        np.random.default_rng(0),
    )
    assert {"random", "past_count", "past_count_all_hours", "last_month_count"} < set(found)
    assert {"planar_grid_250m", "planar_grid_100m", "planar_kernel_200m"} < set(found)
    assert {"network_kernel_200m", "prospective_network", SPREAD_COUNT, OURS} < set(found)
    assert all(np.isfinite(density).all() and (density >= 0).all() for density in found.values())
    # 21 of the 40 are 31 days old at most: those after a step of 59/39 days
    recent = np.sum(np.linspace(1, 60, n) <= 31.0)
    assert found["last_month_count"] @ LENGTH_M == pytest.approx(recent)
    assert mixture.density[14] == 0
    assert "window, count" in mixture.parts
    assert "all_hours, count" in mixture.parts


def line_tree(segments: list[int]) -> WalkTree:
    n = len(segments)
    return WalkTree(
        np.array(segments, np.int32),
        np.arange(-1, n - 1, dtype=np.int32),
        LENGTH_M[segments],
        np.linspace(0.0, 100.0 * (n - 1), n),
        np.zeros(n, np.int32),
    )


def test_corridors_that_add_most_per_metre_come_first() -> None:
    mass = np.zeros(15)
    mass[[0, 1, 2, 3]] = [1.0, 4.0, 4.0, 6.0]
    trees = [line_tree([0, 1]), line_tree([2, 3]), line_tree([3, 4]), line_tree([6, 7])]
    order = choose_corridors(trees, mass, LENGTH_M, 200.0, 1e9, DEFAULT_RULE)
    # s03 alone is the third's corridor (6 a 100 m); then of the second s02 is left (4 a 100 m);
    # then the first (5 a 200 m); the last holds nothing
    assert [rows.tolist() for rows in order] == [[3], [2], [0, 1]]
    assert len(choose_corridors(trees, mass, LENGTH_M, 200.0, 150.0, DEFAULT_RULE)) == 2
