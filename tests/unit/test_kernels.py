"""Kernels: mass, reach, and the agreement of the two ways to write them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from corridors.analysis.kernels import (
    KERNELS,
    check_bandwidth,
    kernel_code,
    kernel_cumulative,
    kernel_density,
    unit_cumulative,
    unit_density,
)
from corridors.errors import BadInput


@pytest.mark.parametrize("kernel", KERNELS)
def test_mass_is_one_and_ends_at_the_reach(kernel: str) -> None:
    assert quad(lambda x: float(kernel_density(kernel, x, 80.0)), -80, 80)[0] == pytest.approx(1)
    np.testing.assert_array_equal(kernel_density(kernel, [-80, 80, 200], 80.0), 0)
    np.testing.assert_allclose(
        kernel_cumulative(kernel, [-90, -80, 0, 80, 90], 80.0), [0, 0, 0.5, 1, 1]
    )


@pytest.mark.parametrize("kernel", KERNELS)
def test_cumulative_is_the_integral(kernel: str) -> None:
    for x in (-61.0, -3.0, 12.0, 77.0):
        area = quad(lambda s: float(kernel_density(kernel, s, 80.0)), -80, x)[0]
        assert kernel_cumulative(kernel, x, 80.0) == pytest.approx(area)


@pytest.mark.parametrize("kernel", KERNELS)
def test_compiled_and_plain_agree(kernel: str) -> None:
    ratio = np.linspace(0, 1.2, 25)
    code = kernel_code(kernel)
    np.testing.assert_allclose(
        [unit_density(code, r) for r in ratio], kernel_density(kernel, ratio, 1.0), atol=1e-15
    )
    np.testing.assert_allclose(
        [unit_cumulative(code, r) + 0.5 for r in ratio],
        kernel_cumulative(kernel, ratio, 1.0),
        atol=1e-15,
    )


def test_peaks_by_hand() -> None:
    assert kernel_density("epanechnikov", 0.0, 100.0) == pytest.approx(0.0075)
    assert kernel_density("biweight", 0.0, 100.0) == pytest.approx(0.009375)


@pytest.mark.parametrize("bandwidth_m", [0.0, -5.0, float("nan"), float("inf"), 31.0])
def test_refuses_a_bandwidth_without_meaning(bandwidth_m: float) -> None:
    with pytest.raises(BadInput, match="bandwidth_m"):
        check_bandwidth(bandwidth_m, np.array([10.0, 20.0]))


def test_refuses_an_unknown_kernel() -> None:
    with pytest.raises(BadInput, match="epanechnikov, biweight"):
        kernel_code("triangle")
