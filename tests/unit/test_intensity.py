"""Intensity: what holds whatever the network, and what is refused."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from corridors.analysis.heat import heat_density, heat_mass
from corridors.analysis.intensity import estimate_mass, sample_density, segment_mass
from corridors.analysis.intensity_exact import exact_mass
from corridors.analysis.operator import segment_operator
from corridors.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

# a square with a diagonal, a dead end, a self-loop, and a street of its own
U = [0, 1, 2, 3, 0, 2, 3, 5]
V = [1, 2, 3, 0, 2, 4, 3, 6]
LENGTH_M = [80.0, 70.0, 85.0, 75.0, 110.0, 40.0, 60.0, 90.0]
TOWN = (U, V, LENGTH_M, 7)


def mass(segment: list[int], position_m: list[float], weight: list[float]) -> np.ndarray:
    return segment_mass(
        *TOWN, segment, position_m, weight, bandwidth_m=150.0, kernel="epanechnikov"
    )


def test_mass_is_kept_and_stays_in_its_part() -> None:
    found = mass([0, 4, 6], [10.0, 50.0, 30.0], [1.0, 2.5, 4.0])
    assert found.sum() == pytest.approx(7.5, abs=1e-9)
    assert found[7] == 0
    alone = mass([7], [20.0], [3.0])
    assert alone[7] == pytest.approx(3.0, abs=1e-9)
    assert alone[:7].sum() == 0


def test_coincident_incidents_add_up() -> None:
    once = mass([0], [33.0], [5.0])
    np.testing.assert_allclose(mass([0] * 5, [33.0] * 5, [1.0] * 5), once, atol=1e-12)
    many = segment_operator(
        *TOWN, [0, 1, 0], [33.0, 5.0, 33.0], bandwidth_m=150.0, kernel="epanechnikov"
    ).toarray()
    np.testing.assert_array_equal(many[:, 0], many[:, 2])
    assert np.abs(many[:, 0] - many[:, 1]).sum() > 0.1


def test_weight_of_zero_is_no_incident() -> None:
    np.testing.assert_allclose(mass([0, 2], [9.0, 9.0], [1.0, 0.0]), mass([0], [9.0], [1.0]))


def test_order_of_places_is_that_of_the_columns() -> None:
    segment, position_m = [5, 0, 7, 4, 0], [1.0, 60.0, 45.0, 100.0, 2.0]
    operator = segment_operator(
        *TOWN, segment, position_m, bandwidth_m=150.0, kernel="biweight"
    ).toarray()
    for j in range(5):
        alone = segment_mass(
            *TOWN, segment[j : j + 1], position_m[j : j + 1], [1.0],
            bandwidth_m=150.0, kernel="biweight", method="waves",
        )  # fmt: skip
        np.testing.assert_allclose(operator[:, j], alone, atol=1e-9)


def test_direction_and_numbering_do_not_matter() -> None:
    segment, position_m = [0, 4], [10.0, 50.0]
    turned = segment_mass(
        V, U, LENGTH_M, 7, segment, [70.0, 60.0], [1.0, 1.0],
        bandwidth_m=150.0, kernel="epanechnikov",
    )  # fmt: skip
    np.testing.assert_allclose(turned, mass(segment, position_m, [1.0, 1.0]), atol=1e-12)


def test_a_node_within_a_street_changes_nothing() -> None:
    # street 4 (110 m) cut at 44 m by a node of degree 2
    u, v = [*U[:4], 0, *U[5:], 7], [*V[:4], 7, *V[5:], 2]
    length_m = [*LENGTH_M[:4], 44.0, *LENGTH_M[5:], 66.0]
    whole = exact_mass(*TOWN, [0], [10.0], [1.0], bandwidth_m=150.0, kernel="biweight")
    cut = exact_mass(u, v, length_m, 8, [0], [10.0], [1.0], bandwidth_m=150.0, kernel="biweight")
    assert cut[4] + cut[8] == pytest.approx(whole[4], abs=1e-12)
    np.testing.assert_allclose(np.delete(cut[:8], 4), np.delete(whole, 4), atol=1e-12)


def test_samples_cover_every_segment_at_the_spacing() -> None:
    segment, at_m, density = sample_density(
        *TOWN, [0], [10.0], [1.0], bandwidth_m=150.0, kernel="epanechnikov", spacing_m=10.0
    )
    np.testing.assert_array_equal(np.bincount(segment), np.ceil(np.array(LENGTH_M) / 10))
    assert at_m[0] == pytest.approx(5.0)
    pieces = (np.array(LENGTH_M) / np.bincount(segment))[segment]
    assert (density * pieces).sum() == pytest.approx(1.0, abs=0.01)


def test_nothing_gives_nothing() -> None:
    assert mass([], [], []).tolist() == [0.0] * 8
    empty = segment_operator(*TOWN, [], [], bandwidth_m=150.0, kernel="epanechnikov")
    assert empty.shape == (8, 0)
    assert exact_mass(*TOWN, [], [], [], bandwidth_m=150.0, kernel="biweight").sum() == 0
    nowhere = segment_mass([], [], [], 0, [], [], [], bandwidth_m=150.0, kernel="biweight")
    assert nowhere.shape == (0,)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("weight", [-1.0, NAN, INF, -INF])
def test_refuses_weights_without_meaning(weight: float) -> None:
    calls: list[Callable[[], object]] = [
        lambda: mass([0, 0], [1.0, 2.0], [1.0, weight]),
        lambda: exact_mass(
            *TOWN, [0, 0], [1.0, 2.0], [1.0, weight], bandwidth_m=150.0, kernel="biweight"
        ),
        lambda: sample_density(
            *TOWN, [0, 0], [1.0, 2.0], [1.0, weight],
            bandwidth_m=150.0, kernel="biweight", spacing_m=10.0,
        ),
        lambda: heat_mass(*TOWN, [0, 0], [1.0, 2.0], [1.0, weight], sigma_m=60.0),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(BadInput) as told:
            call()
        (problem,) = told.value.problems
        assert problem.where == "weights"
        assert problem.what == "1 negative or not finite."
        assert "0 or more" in problem.mend


@pytest.mark.parametrize(
    ("bandwidth_m", "what", "mend"),
    [
        (0.0, "finite number above 0", "150 to 300"),
        (-1.0, "finite number above 0", "150 to 300"),
        (NAN, "finite number above 0", "150 to 300"),
        (INF, "finite number above 0", "150 to 300"),
        (611.0, "longer than all streets", "less than 610 m"),
    ],
)
def test_refuses_bandwidths_without_meaning(bandwidth_m: float, what: str, mend: str) -> None:
    events = ([0], [1.0], [1.0])
    calls: list[Callable[[], object]] = [
        lambda: segment_operator(*TOWN, [0], [1.0], bandwidth_m=bandwidth_m, kernel="epanechnikov"),
        lambda: estimate_mass(*TOWN, *events, bandwidth_m=bandwidth_m, kernel="biweight"),
        lambda: exact_mass(*TOWN, *events, bandwidth_m=bandwidth_m, kernel="biweight"),
        lambda: sample_density(
            *TOWN, *events, bandwidth_m=bandwidth_m, kernel="biweight", spacing_m=10.0
        ),
    ]
    for call in calls:
        with pytest.raises(BadInput) as told:
            call()
        (problem,) = told.value.problems
        assert problem.where == "parameters.bandwidth_m"
        assert what in problem.what
        assert mend in problem.mend


@pytest.mark.parametrize("sigma_m", [0.0, -5.0, NAN, INF])
def test_heat_refuses_deviations_without_meaning(sigma_m: float) -> None:
    with pytest.raises(BadInput, match="finite number above 0"):
        heat_mass(*TOWN, [0], [1.0], [1.0], sigma_m=sigma_m)


def test_the_cheaper_method_is_chosen_and_reported() -> None:
    events = ([0, 4, 4], [10.0, 50.0, 20.0], [1.0, 2.0, 0.5])
    tidy = estimate_mass(*TOWN, *events, bandwidth_m=150.0, kernel="epanechnikov")
    assert tidy.method == "paths"
    assert tidy.n_entered > 0
    # two junctions a hand apart: a wave runs to and fro a thousand times
    lengths = [*LENGTH_M[:4], 0.1, *LENGTH_M[5:]]
    tangled = estimate_mass(
        U, V, lengths, 7, [0], [10.0], [1.0], bandwidth_m=150.0, kernel="epanechnikov"
    )
    assert tangled.method == "waves"
    assert tangled.mass.sum() == pytest.approx(1.0, abs=1e-9)
    with_dot = estimate_mass(
        U, V, [*LENGTH_M[:4], 0.0, *LENGTH_M[5:]], 7, [0], [10.0], [1.0],
        bandwidth_m=150.0, kernel="epanechnikov",
    )  # fmt: skip
    assert with_dot.method == "waves"


@pytest.mark.parametrize(("shortest_m", "method"), [(50.0, "paths"), (0.5, "waves")])
def test_a_sample_tells_how_many_paths_there_are(shortest_m: float, method: str) -> None:
    rng = np.random.default_rng(4)
    number = np.arange(400).reshape(20, 20)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    length_m = rng.uniform(shortest_m, shortest_m + 30, len(u))
    segment = rng.integers(0, len(u), 500)
    events = (segment, rng.random(500) * length_m[segment], rng.random(500))
    found = estimate_mass(u, v, length_m, 400, *events, bandwidth_m=120.0, kernel="epanechnikov")
    assert found.method == method
    if method == "paths":
        exact = exact_mass(u, v, length_m, 400, *events, bandwidth_m=120.0, kernel="epanechnikov")
        np.testing.assert_allclose(found.mass, exact, atol=1e-10)


def test_a_step_or_a_method_that_is_asked_for_is_used() -> None:
    events = ([0, 4], [10.0, 50.0], [1.0, 2.0])
    asked = functools.partial(estimate_mass, *TOWN, *events, bandwidth_m=150.0, kernel="biweight")
    stepped, waves, paths = asked(cell_m=150.0 / 32), asked(method="waves"), asked(method="paths")
    assert (stepped.method, waves.method, paths.method) == ("waves", "waves", "paths")
    np.testing.assert_array_equal(stepped.mass, waves.mass)
    assert 0 < np.abs(paths.mass - waves.mass).sum() < 0.02
    with pytest.raises(ValueError, match="method: one of"):
        asked(method="magic")


def test_many_incidents_on_a_street_are_the_sum_of_each() -> None:
    rng = np.random.default_rng(9)
    segment = np.repeat([0, 4, 6], 20)
    position_m = rng.random(60) * np.array(LENGTH_M)[segment]
    weight = rng.random(60)
    for kernel in ("epanechnikov", "biweight"):
        together = estimate_mass(
            *TOWN, segment, position_m, weight, bandwidth_m=200.0, kernel=kernel
        )
        alone = sum(
            estimate_mass(
                *TOWN, [i], [at], [w], bandwidth_m=200.0, kernel=kernel, method="paths"
            ).mass
            for i, at, w in zip(segment, position_m, weight, strict=True)
        )
        assert together.method == "paths"
        np.testing.assert_allclose(together.mass, alone, atol=1e-11)


def test_refuses_places_off_the_network() -> None:
    with pytest.raises(ValueError, match="off the segment"):
        mass([5], [41.0], [1.0])
    with pytest.raises(ValueError, match="off the segment"):
        mass([5], [float("nan")], [1.0])
    with pytest.raises(ValueError, match="outside"):
        mass([8], [1.0], [1.0])


def test_exact_method_gives_up_in_words() -> None:
    with pytest.raises(BadInput, match="too many paths"):
        exact_mass(*TOWN, [0], [1.0], [1.0], bandwidth_m=600.0, kernel="biweight", max_paths=50)


def test_heat_is_gaussian_on_a_long_street() -> None:
    density = heat_density(
        [0], [1], [2000.0], 2, [0], [1000.0], [2.0], [0] * 3, [1000.0, 1060.0, 880.0], sigma_m=60.0
    )
    gauss = 2 * np.exp([0, -0.5, -2]) / (60 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(density, gauss, rtol=3e-3)


def test_heat_keeps_mass_and_spreads_evenly_in_the_end() -> None:
    town = ([*U, 1], [*V, 4], [*LENGTH_M, 0.0], 7)
    found = heat_mass(*town, [0, 7], [10.0, 20.0], [3.0, 1.0], sigma_m=2000.0)
    assert found.sum() == pytest.approx(4.0, abs=1e-5)
    np.testing.assert_allclose(found[:7], 3 * np.array(LENGTH_M[:7]) / 520, rtol=1e-3)
    assert found[7] == pytest.approx(1.0, abs=1e-5)
    with pytest.raises(BadInput, match="above 0"):
        heat_mass(*TOWN, [0], [1.0], [1.0], sigma_m=0.0)
