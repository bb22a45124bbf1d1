"""A crossing of four streets of 100 m, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from corridors.analysis.intensity import estimate_mass
from corridors.analysis.intensity_exact import exact_density, exact_mass
from corridors.analysis.operator import segment_operator

# node 0 is the crossing; arms run outwards
CROSS = ([0, 0, 0, 0], [1, 2, 3, 4], [100.0] * 4, 5)
EVENT = ([0], [30.0])
REACH = {"bandwidth_m": 100.0, "kernel": "epanechnikov"}

# Kernel mass from 0 to r (r in reaches): 3/4 r - 1/4 r^3.
TO_30 = 0.75 * 0.3 - 0.25 * 0.027  # 0.21825
TO_70 = 0.75 * 0.7 - 0.25 * 0.343  # 0.43925

# Continuous: half (2/4) into each other arm, minus half back; the dead end sends all back.
OTHER = 0.5 * (0.5 - TO_30)  # 0.140875
OWN = TO_70 + (0.5 - TO_70) + TO_30 - OTHER  # 0.577375


def test_continuous_by_hand() -> None:
    mass = exact_mass(*CROSS, *EVENT, [1.0], **REACH)  # type: ignore[arg-type]
    np.testing.assert_allclose(mass, [0.577375, 0.140875, 0.140875, 0.140875], atol=1e-12)
    assert pytest.approx(0.577375) == OWN
    waves = estimate_mass(*CROSS, *EVENT, [1.0], **REACH, method="waves").mass  # type: ignore[arg-type]
    np.testing.assert_allclose(waves, mass, atol=3e-4)
    column = segment_operator(*CROSS, *EVENT, **REACH)  # type: ignore[arg-type]
    np.testing.assert_allclose(column.toarray()[:, 0], waves, atol=1e-12)


def test_discontinuous_by_hand() -> None:
    # a third (1/3) into each other arm, nothing back, and the dead end swallows the rest
    mass = exact_mass(*CROSS, *EVENT, [1.0], **REACH, continuous=False)  # type: ignore[arg-type]
    other = (0.5 - TO_30) / 3
    np.testing.assert_allclose(mass, [TO_70 + TO_30, other, other, other], atol=1e-12)


def test_density_by_hand() -> None:
    # at the crossing: 2/4 of the kernel at 30 m, the same on every arm
    at_crossing = 0.5 * 0.75 * (1 - 0.09) / 100
    # 10 m outside the incident: itself, less half of what comes back by the crossing (70 m), and
    # what comes back from the dead end: 70 + 60 m is beyond the reach
    at_40 = 0.75 / 100 * ((1 - 0.01) - 0.5 * (1 - 0.49))
    density = exact_density(
        *CROSS,
        *EVENT,
        [1.0],
        [0, 1, 2, 3, 0],
        [0.0, 0.0, 0.0, 0.0, 40.0],
        **REACH,  # type: ignore[arg-type]
    )
    np.testing.assert_allclose(density, [at_crossing] * 4 + [at_40], atol=1e-12)
