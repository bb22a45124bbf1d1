"""Hit rates by hand: which part of which segment is chosen, and what falls there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from corridors.analysis.holdout import hit_intervals, top_parts, walk_parts

LENGTH_M = np.array([100.0, 50.0, 150.0, 200.0])
ALL = np.ones(4, bool)


def test_the_highest_come_first_and_the_last_counts_in_part() -> None:
    density = np.array([1.0, 3.0, 2.0, 0.0])
    parts = top_parts(density, LENGTH_M, ALL, [25, 50, 125, 300, 500])
    # segment 1 (50 m), then 2 (150 m), then 0 (100 m), then 3
    assert parts.T.tolist() == [
        [0, 0.5, 0, 0],
        [0, 1, 0, 0],
        [0, 1, 0.5, 0],
        [1, 1, 1, 0],
        [1, 1, 1, 1],
    ]


def test_equals_share_what_is_left() -> None:
    density = np.array([0.0, 5.0, 0.0, 0.0])
    parts = top_parts(density, LENGTH_M, ALL, [95])
    # 45 m are left for 450 m that nothing tells apart
    assert parts[:, 0].tolist() == pytest.approx([0.1, 1, 0.1, 0.1])


def test_streets_that_do_not_count_are_not_chosen() -> None:
    density = np.array([9.0, 3.0, 2.0, 1.0])
    parts = top_parts(density, LENGTH_M, np.array([False, True, True, True]), [200])
    assert parts[:, 0].tolist() == [0, 1, 1, 0]
    assert not top_parts(density, LENGTH_M, np.zeros(4, bool), [200]).any()


def test_corridors_are_taken_whole_and_a_shared_street_once() -> None:
    first, second = np.array([1, 2], np.int32), np.array([2, 3], np.int32)
    parts = walk_parts([first, second], LENGTH_M, ALL, [100, 200, 300, 401])
    assert parts[:, 0].tolist() == [0, 0.5, 0.5, 0]
    assert parts[:, 1].tolist() == [0, 1, 1, 0]
    assert parts[:, 2].tolist() == [0, 1, 1, 0.5]
    # together they hold 400 m: of more there is no answer
    assert np.isnan(parts[:, 3]).all()


def test_hit_rate_and_its_interval() -> None:
    test = np.array([6.0, 0.0, 2.0, 2.0])
    parts = np.array([[1, 0.5], [0, 1], [0, 0.5], [0, 0.0]])
    rate, runs = hit_intervals(test, parts, 10, 4000, np.random.default_rng(1))
    assert rate.tolist() == pytest.approx([0.6, 0.4])
    # the first is a binomial share of ten: its standard error is sqrt(0.6 x 0.4 / 10)
    assert runs[:, 0].mean() == pytest.approx(0.6, abs=0.01)
    assert runs[:, 0].std() == pytest.approx(np.sqrt(0.024), rel=0.05)


DENSITIES = arrays(float, 12, elements=st.sampled_from([0.0, 0.5, 1.0, 2.0]))
LENGTHS = arrays(float, 12, elements=st.floats(1.0, 300.0))


@given(DENSITIES, LENGTHS, st.permutations(range(12)))
def test_what_holds_of_every_choice(
    density: np.ndarray, length_m: np.ndarray, order: list[int]
) -> None:
    shares = [0.01, 0.02, 0.05, 0.1, 0.6, 1.0]
    counted = np.ones(12, bool)
    budgets_m = [share * length_m.sum() for share in shares]
    parts = top_parts(density, length_m, counted, budgets_m)
    # exactly the length asked for, more of everything with more length
    assert length_m @ parts == pytest.approx(budgets_m)
    assert (np.diff(parts, axis=1) >= -1e-12).all()
    # neither the order of the rows nor the scale of the forecast matters
    at = np.array(order)
    assert top_parts(density[at], length_m[at], counted, budgets_m) == pytest.approx(parts[at])
    assert top_parts(density * 7, length_m, counted, budgets_m) == pytest.approx(parts)


@given(arrays(float, 12, elements=st.integers(0, 9).map(float)), DENSITIES, LENGTHS)
def test_nothing_beats_hindsight(
    test: np.ndarray, density: np.ndarray, length_m: np.ndarray
) -> None:
    budgets_m = [share * length_m.sum() for share in (0.01, 0.1, 0.5)]
    counted = np.ones(12, bool)
    best = test @ top_parts(test / length_m, length_m, counted, budgets_m)
    found = test @ top_parts(density, length_m, counted, budgets_m)
    assert (found <= best + 1e-9).all()
