"""Network kernels against spatstat's on its Chicago example (in feet), and on real streets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from corridors.analysis.heat import heat_density
from corridors.analysis.intensity import segment_mass
from corridors.analysis.intensity_exact import exact_density, exact_mass
from corridors.analysis.operator import segment_operator
from corridors.domain.area import StreetsInput
from corridors.sources.streets import read_streets
from tests.shared import shared_path

pytestmark = pytest.mark.shared

REACH = {"epanechnikov": 60 * 5**0.5, "biweight": 60 * 7**0.5}


class Chicago(NamedTuple):
    network: tuple[np.ndarray, np.ndarray, np.ndarray, int]

    def points(self, name: str) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
        table = read(name)
        segment = table["sid"].to_numpy()
        return segment, table["tp"].to_numpy() * self.network[2][segment], table


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(shared_path(f"reference/spatstat-chicago/{name}"))


@pytest.fixture(scope="module")
def chicago() -> Chicago:
    segments, vertices = read("segments.csv"), read("vertices.csv")
    return Chicago(
        (
            segments["u"].to_numpy(),
            segments["v"].to_numpy(),
            segments["length"].to_numpy(),
            len(vertices),
        )
    )


@pytest.mark.parametrize(
    ("name", "kernel", "continuous"),
    [
        ("esc_epanechnikov_sigma60.csv", "epanechnikov", True),
        ("esc_biweight_sigma60.csv", "biweight", True),
        ("esd_epanechnikov_sigma60.csv", "epanechnikov", False),
    ],
)
def test_exact_density_is_spatstats(
    chicago: Chicago,
    name: str,
    kernel: str,
    continuous: bool,  # noqa: FBT001
) -> None:
    segment, position_ft, crimes = chicago.points("unique_crimes.csv")
    at_segment, at_ft, expected = chicago.points(name)
    density = exact_density(
        *chicago.network, segment, position_ft, np.ones(len(crimes)), at_segment, at_ft,
        bandwidth_m=REACH[kernel], kernel=kernel, continuous=continuous,
    )  # fmt: skip
    error = np.abs(density - expected["value"]).max() / expected["value"].max()
    assert error <= 1e-6


@pytest.mark.parametrize("kernel", ["epanechnikov", "biweight"])
def test_mass_of_each_crime_is_one(chicago: Chicago, kernel: str) -> None:
    segment, position_ft, crimes = chicago.points("unique_crimes.csv")
    for k in range(len(crimes)):
        exact = exact_mass(
            *chicago.network, segment[k : k + 1], position_ft[k : k + 1], [1.0],
            bandwidth_m=REACH[kernel], kernel=kernel,
        )  # fmt: skip
        assert exact.sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("kernel", ["epanechnikov", "biweight"])
def test_waves_are_within_a_percent_of_exact(chicago: Chicago, kernel: str) -> None:
    segment, position_ft, crimes = chicago.points("unique_crimes.csv")
    arguments = (*chicago.network, segment, position_ft, np.ones(len(crimes)))
    exact = exact_mass(*arguments, bandwidth_m=REACH[kernel], kernel=kernel)
    fast = segment_mass(*arguments, bandwidth_m=REACH[kernel], kernel=kernel)
    assert fast.sum() == pytest.approx(len(crimes), abs=1e-6)
    assert np.abs(fast - exact).sum() / len(crimes) < 0.001


def test_heat_is_spatstats_within_two_percent(chicago: Chicago) -> None:
    segment, position_ft, crimes = chicago.points("crimes.csv")
    at_segment, at_ft, expected = chicago.points("heat_sigma60.csv.gz")
    density = heat_density(
        *chicago.network, segment, position_ft, np.ones(len(crimes)), at_segment, at_ft,
        sigma_m=60.0,
    )  # fmt: skip
    error = np.abs(density - expected["value"]).max() / expected["value"].max()
    assert error <= 0.02


@pytest.mark.parametrize(
    ("area", "crs"), [("portsmouth", "EPSG:27700"), ("san-francisco", "EPSG:32610")]
)
def test_real_streets_keep_their_mass(area: str, crs: str) -> None:
    # metre-long pieces by the hundred: no path can be enumerated here
    folder = shared_path(f"data/{area}/streets.osm.bz2").parent
    network = read_streets(StreetsInput(path="streets.osm.bz2"), folder, crs).network
    streets = (network.u, network.v, network.length_m, network.n_nodes)
    rng = np.random.default_rng(5)
    segment = rng.integers(0, network.n_segments, 2_000)
    places = (segment, rng.random(2_000) * network.length_m[segment])
    mass = segment_mass(*streets, *places, np.ones(2_000), bandwidth_m=300.0, kernel="epanechnikov")
    assert mass.sum() == pytest.approx(2_000, rel=1e-6)
    fine = segment_mass(
        *streets, *places, np.ones(2_000), bandwidth_m=300.0, kernel="epanechnikov", cell_m=1.0
    )
    assert np.abs(mass - fine).sum() / 2_000 < 0.003
    operator = segment_operator(*streets, *places, bandwidth_m=300.0, kernel="epanechnikov")
    np.testing.assert_allclose(operator.sum(axis=0), 1.0, rtol=1e-6)
    np.testing.assert_allclose(operator @ np.ones(2_000), mass, atol=1e-6)
