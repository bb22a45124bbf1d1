"""The fast kernels against the plain one, on small networks of every shape."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridors.analysis.intensity import estimate_mass, sample_density, segment_mass
from corridors.analysis.intensity_exact import exact_density, exact_mass
from corridors.analysis.operator import segment_operator
from tests.oracle.slow_kernel import SlowKernel

KERNELS = st.sampled_from(["epanechnikov", "biweight"])
PATIENT = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


class Case(NamedTuple):
    u: list[int]
    v: list[int]
    length_m: list[float]
    n_nodes: int
    segment: list[int]
    position_m: list[float]
    weight: list[float]
    bandwidth_m: float

    @property
    def network(self) -> tuple[list[int], list[int], list[float], int]:
        return self.u, self.v, self.length_m, self.n_nodes

    @property
    def events(self) -> tuple[list[int], list[float], list[float]]:
        return self.segment, self.position_m, self.weight


@st.composite
def cases(draw: st.DrawFn, shortest_m: float = 8.0) -> Case:
    """Few nodes, so that loops, parallel segments and self-loops are common; parts are too."""
    n_nodes = draw(st.integers(1, 6))
    n_segments = draw(st.integers(1, 7))
    nodes = st.integers(0, n_nodes - 1)
    u = draw(st.lists(nodes, min_size=n_segments, max_size=n_segments))
    v = draw(st.lists(nodes, min_size=n_segments, max_size=n_segments))
    lengths = st.floats(shortest_m, 60.0)
    if shortest_m == 0:
        lengths = st.one_of(st.sampled_from([0.0, 1e-9, 0.004]), st.floats(0.0, 1.0), lengths)
    length_m = draw(st.lists(lengths, min_size=n_segments, max_size=n_segments))
    length_m[0] += 26.0  # longer than any bandwidth
    if shortest_m == 0:
        # a chain of streets of some length, so that no part of the network is a mere dot
        u, v = [*u, *range(n_nodes - 1)], [*v, *range(1, n_nodes)]
        length_m = [*length_m, *[draw(st.floats(20.0, 40.0)) for _ in range(n_nodes - 1)]]
        n_segments = len(u)
    n_events = draw(st.integers(1, 4))
    segment = draw(st.lists(st.integers(0, n_segments - 1), min_size=n_events, max_size=n_events))
    along = draw(
        st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.77, 1.0]), min_size=n_events, max_size=n_events)
    )
    weight = draw(st.lists(st.floats(0.5, 5.0), min_size=n_events, max_size=n_events))
    position_m = [length_m[i] * a for i, a in zip(segment, along, strict=True)]
    bandwidth_m = draw(st.floats(5.0, 25.0))
    return Case(u, v, length_m, n_nodes, segment, position_m, weight, bandwidth_m)


@PATIENT
@given(cases(), KERNELS, st.booleans())
def test_exact_mass_is_that_of_every_walk(case: Case, kernel: str, continuous: bool) -> None:  # noqa: FBT001
    slow = SlowKernel(
        case.u, case.v, case.length_m,
        bandwidth_m=case.bandwidth_m, kernel=kernel, continuous=continuous,
    )  # fmt: skip
    expected = np.zeros(len(case.u))
    for i, at_m, weight in zip(*case.events, strict=True):
        expected += weight * np.array(slow.mass(i, at_m))
    mass = exact_mass(
        *case.network, *case.events,
        bandwidth_m=case.bandwidth_m, kernel=kernel, continuous=continuous,
    )  # fmt: skip
    np.testing.assert_allclose(mass, expected, atol=1e-9)
    branches = estimate_mass(
        *case.network, *case.events, bandwidth_m=case.bandwidth_m, kernel=kernel,
        continuous=continuous, method="paths",
    )  # fmt: skip
    np.testing.assert_allclose(branches.mass, expected, atol=1e-9)
    if continuous:
        assert mass.sum() == pytest.approx(sum(case.weight), rel=1e-9)
        assert branches.mass.sum() == pytest.approx(sum(case.weight), rel=1e-9)


@PATIENT
@given(cases(), KERNELS, st.booleans())
def test_exact_density_is_that_of_every_walk(case: Case, kernel: str, continuous: bool) -> None:  # noqa: FBT001
    slow = SlowKernel(
        case.u, case.v, case.length_m,
        bandwidth_m=case.bandwidth_m, kernel=kernel, continuous=continuous,
    )  # fmt: skip
    at_segment = np.repeat(np.arange(len(case.u)), 3)
    at_m = np.array(case.length_m)[at_segment] * np.tile([0.0, 0.4, 1.0], len(case.u))
    expected = [
        sum(
            weight * slow.value(i, p, j, at)
            for i, p, weight in zip(*case.events, strict=True)
        )
        for j, at in zip(at_segment.tolist(), at_m.tolist(), strict=True)
    ]  # fmt: skip
    density = exact_density(
        *case.network, *case.events, at_segment, at_m,
        bandwidth_m=case.bandwidth_m, kernel=kernel, continuous=continuous,
    )  # fmt: skip
    np.testing.assert_allclose(density, expected, atol=1e-9)


@PATIENT
@given(cases(), KERNELS, st.booleans())
def test_waves_agree_with_exact(case: Case, kernel: str, continuous: bool) -> None:  # noqa: FBT001
    exact = exact_mass(
        *case.network, *case.events,
        bandwidth_m=case.bandwidth_m, kernel=kernel, continuous=continuous,
    )  # fmt: skip
    error = []
    for n_steps in (64, 256):
        mass = segment_mass(
            *case.network, *case.events, bandwidth_m=case.bandwidth_m, kernel=kernel,
            cell_m=case.bandwidth_m / n_steps, continuous=continuous,
        )  # fmt: skip
        error.append(np.abs(mass - exact).sum() / sum(case.weight))
    assert error[0] < 4e-3
    assert error[1] < 3e-4
    # a quarter of the step, a sixteenth of the error (with room for luck at the coarse one)
    assert error[1] < error[0] / 4 + 5e-5


@PATIENT
@given(cases(shortest_m=0.0), KERNELS)
def test_tiny_pieces_lose_nothing_and_explode_nothing(case: Case, kernel: str) -> None:
    total = sum(case.weight)
    mass = segment_mass(
        *case.network, *case.events,
        bandwidth_m=case.bandwidth_m, kernel=kernel, method="waves",
    )  # fmt: skip
    assert mass.sum() == pytest.approx(total, rel=1e-6)
    chosen = estimate_mass(*case.network, *case.events, bandwidth_m=case.bandwidth_m, kernel=kernel)
    assert chosen.mass.sum() == pytest.approx(total, rel=1e-6)
    assert np.abs(chosen.mass - mass).sum() / total < 0.03
    assert np.abs(mass).sum() < 1.5 * total
    fine = segment_mass(
        *case.network, *case.events, bandwidth_m=case.bandwidth_m, kernel=kernel,
        cell_m=case.bandwidth_m / 512,
    )  # fmt: skip
    assert np.abs(mass - fine).sum() / total < 0.03
    pieces = np.array(case.length_m) < 1e-6
    assert np.abs(mass[pieces]).sum() < 0.02 * total


@PATIENT
@given(cases(shortest_m=0.0), KERNELS)
def test_operator_is_the_waves(case: Case, kernel: str) -> None:
    operator = segment_operator(
        *case.network, case.segment, case.position_m, bandwidth_m=case.bandwidth_m, kernel=kernel
    )
    assert operator.shape == (len(case.u), len(case.segment))
    np.testing.assert_allclose(operator.sum(axis=0), 1.0, rtol=1e-6)
    np.testing.assert_allclose(
        operator @ np.array(case.weight),
        segment_mass(
            *case.network,
            *case.events,
            bandwidth_m=case.bandwidth_m,
            kernel=kernel,
            method="waves",
        ),
        atol=1e-6 * sum(case.weight),
    )


@PATIENT
@given(cases(), KERNELS)
def test_samples_agree_with_exact(case: Case, kernel: str) -> None:
    segment, at_m, density = sample_density(
        *case.network, *case.events, bandwidth_m=case.bandwidth_m, kernel=kernel,
        spacing_m=3.0, cell_m=case.bandwidth_m / 256,
    )  # fmt: skip
    exact = exact_density(
        *case.network, *case.events, segment, at_m, bandwidth_m=case.bandwidth_m, kernel=kernel
    )
    peak = sum(case.weight) / case.bandwidth_m
    assert np.abs(density - exact).max() < 0.01 * peak
    assert np.abs(density - exact).mean() < 0.001 * peak


def test_tiny_pieces_agree_with_exact() -> None:
    # two junctions half a metre apart, as real data has them: 11 walks to and fro a reach
    u, v, length_m = [0, 1, 1, 2, 2, 0], [1, 2, 3, 4, 5, 3], [30.0, 0.5, 25.0, 40.0, 12.0, 31.0]
    for segment, at_m in ((0, 12.0), (1, 0.2), (3, 1.0)):
        exact = exact_mass(
            u, v, length_m, 6, [segment], [at_m], [1.0], bandwidth_m=35.0, kernel="epanechnikov"
        )
        fast = segment_mass(
            u, v, length_m, 6, [segment], [at_m], [1.0],
            bandwidth_m=35.0, kernel="epanechnikov", method="waves",
        )  # fmt: skip
        assert exact.sum() == pytest.approx(1.0, abs=1e-9)
        assert np.abs(fast - exact).sum() < 2e-3
        assert fast[1] == pytest.approx(exact[1], rel=0.02)
