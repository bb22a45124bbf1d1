"""The held-out density of the bandwidth choice against a plain twin, on a toy network."""

from __future__ import annotations

from math import log

import geopandas as gpd
import numpy as np
import pytest
import shapely

from corridors.analysis.bandwidth import choose_bandwidth
from corridors.analysis.predictors import Past
from corridors.domain.network import StreetNetwork
from corridors.domain.parameters import Parameters
from tests.oracle.slow_kernel import SlowKernel

U, V = [0, 1, 1, 2, 2], [1, 2, 3, 3, 4]
LENGTH_M = [80.0, 60.0, 70.0, 50.0, 90.0]
COVERED = [True, True, True, False, True]


def toy() -> StreetNetwork:
    lines = shapely.linestrings([[[0, i], [length, i]] for i, length in enumerate(LENGTH_M)])
    segments = gpd.GeoDataFrame(
        {"u": U, "v": V, "length_m": LENGTH_M}, geometry=lines, crs="EPSG:27700"
    )
    return StreetNetwork(segments, np.zeros((5, 2)), "EPSG:27700")


def test_leave_block_out_likelihood_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(3)
    n = 40
    # every fourth incident lies on two places, 0.3 and 0.7 of it; moments are days 0 to 39
    rows = [(i, int(rng.integers(0, 5)), 1.0) for i in range(n) if i % 4]
    rows += [(i, k, share) for i in range(0, n, 4) for k, share in ((0, 0.3), (4, 0.7))]
    incident, segment = np.array([r[0] for r in rows]), np.array([r[1] for r in rows], np.int32)
    share = np.array([r[2] for r in rows])
    along = rng.random(len(rows)).astype(np.float64)
    position_m = np.round(along * np.array(LENGTH_M)[segment], 2)
    weight = np.asarray(rng.random(n) + 0.5, np.float64)
    past = Past(
        incident,
        segment,
        position_m,
        share,
        np.zeros((n, 2)),
        weight,
        np.arange(n, dtype=np.float64)[::-1],
    )
    parameters = Parameters(
        bandwidth_m=75.0, bandwidth_low_m=75.0, bandwidth_high_m=75.0, bandwidth_floor_share=0.02,
        kernel_steps=512, min_area_incidents=10,
    )  # fmt: skip
    covered = np.array(COVERED)
    choice = choose_bandwidth(toy(), past, np.arange(n, dtype=np.int32), covered, parameters)

    slow = SlowKernel(U, V, LENGTH_M, bandwidth_m=75.0, kernel="epanechnikov")
    mass = [slow.mass(int(s), float(at)) for s, at in zip(segment, position_m, strict=True)]
    covered_m = sum(m for m, c in zip(LENGTH_M, COVERED, strict=True) if c)
    total, weights = 0.0, 0.0
    for i in range(n):
        block = i // 8  # five blocks of eight days
        own = [(segment[r], share[r]) for r in range(len(rows)) if incident[r] == i]
        inside = sum(part for k, part in own if COVERED[k])
        if inside < 0.5:
            continue
        known = [
            sum(
                weight[incident[r]] * share[r] * mass[r][k]
                for r in range(len(rows))
                if incident[r] // 8 != block
            )
            if COVERED[k]
            else 0.0
            for k in range(5)
        ]
        density = [m / sum(known) / length for m, length in zip(known, LENGTH_M, strict=True)]
        here = sum(part / inside * density[k] for k, part in own if COVERED[k])
        total += weight[i] * log(0.98 * here + 0.02 / covered_m)
        weights += weight[i]
    assert len(choice.curve) == 1
    assert choice.curve[0].log_likelihood == pytest.approx(total / weights, abs=1e-4)
