"""Network kernels against spatstat's on its Chicago example (in feet), and on real streets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from corridors.analysis.heat import heat_density
from corridors.analysis.intensity import estimate_mass, segment_mass
from corridors.analysis.intensity_exact import exact_density, exact_mass
from corridors.analysis.operator import segment_operator
from corridors.domain.area import StreetsInput
from corridors.pipeline.reading import street_cache_dir
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
def test_waves_are_within_a_thousandth_of_exact(chicago: Chicago, kernel: str) -> None:
    segment, position_ft, crimes = chicago.points("unique_crimes.csv")
    arguments = (*chicago.network, segment, position_ft, np.ones(len(crimes)))
    exact = exact_mass(*arguments, bandwidth_m=REACH[kernel], kernel=kernel)
    fast = segment_mass(*arguments, bandwidth_m=REACH[kernel], kernel=kernel, method="waves")
    assert fast.sum() == pytest.approx(len(crimes), abs=1e-6)
    assert np.abs(fast - exact).sum() / len(crimes) < 0.001
    chosen = estimate_mass(*arguments, bandwidth_m=REACH[kernel], kernel=kernel)
    assert chosen.method == "paths"
    np.testing.assert_allclose(chosen.mass, exact, atol=1e-10)


def test_heat_is_spatstats_within_two_percent(chicago: Chicago) -> None:
    segment, position_ft, crimes = chicago.points("crimes.csv")
    at_segment, at_ft, expected = chicago.points("heat_sigma60.csv.gz")
    density = heat_density(
        *chicago.network, segment, position_ft, np.ones(len(crimes)), at_segment, at_ft,
        sigma_m=60.0,
    )  # fmt: skip
    error = np.abs(density - expected["value"]).max() / expected["value"].max()
    assert error <= 0.02


AREAS = [
    ("portsmouth", "EPSG:27700", 80.0),
    ("london-central", "EPSG:27700", 50.0),
    ("san-francisco", "EPSG:32610", 300.0),
]
"""Each with the reach at which every path can still be followed within seconds."""


class Streets(NamedTuple):
    name: str
    network: tuple[np.ndarray, np.ndarray, np.ndarray, int]
    exact_reach_m: float

    def places(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(5)
        length_m = self.network[2]
        segment = rng.choice(len(length_m), n, p=length_m / length_m.sum())
        return segment, rng.random(n) * length_m[segment]


@pytest.fixture(scope="module", params=AREAS, ids=lambda area: area[0])
def streets(request: pytest.FixtureRequest) -> Streets:
    area, crs, reach_m = request.param
    folder = shared_path(f"data/{area}/streets.osm.bz2").parent
    one = read_streets(
        StreetsInput(path="streets.osm.bz2"), folder, crs, cache_dir=street_cache_dir()
    ).network
    return Streets(area, (one.u, one.v, one.length_m, one.n_nodes), reach_m)


def test_each_event_keeps_its_mass_on_real_streets(streets: Streets) -> None:
    """One in the exact method to 1e-6, in the fast one to 1e-3, event by event."""
    segment, position_m = streets.places(300)
    fast = segment_operator(
        *streets.network, segment, position_m, bandwidth_m=300.0, kernel="epanechnikov"
    )
    np.testing.assert_allclose(fast.sum(axis=0), 1.0, atol=1e-3)
    for k in range(50):
        exact = exact_mass(
            *streets.network, segment[k : k + 1], position_m[k : k + 1], [1.0],
            bandwidth_m=streets.exact_reach_m, kernel="epanechnikov",
        )  # fmt: skip
        assert exact.sum() == pytest.approx(1.0, abs=1e-6)


def test_fast_is_near_exact_on_real_streets(streets: Streets) -> None:
    """L1 error under 1 %: against every path where that ends, else against 1,024 steps."""
    segment, position_m = streets.places(200)
    for reach_m in dict.fromkeys((streets.exact_reach_m, 300.0)):
        fast = segment_mass(
            *streets.network, segment, position_m, np.ones(200),
            bandwidth_m=reach_m, kernel="epanechnikov", method="waves",
        )  # fmt: skip
        if reach_m == streets.exact_reach_m:
            true = exact_mass(
                *streets.network, segment, position_m, np.ones(200),
                bandwidth_m=reach_m, kernel="epanechnikov",
            )  # fmt: skip
        else:
            true = segment_mass(
                *streets.network, segment, position_m, np.ones(200),
                bandwidth_m=reach_m, kernel="epanechnikov", cell_m=reach_m / 1024,
            )  # fmt: skip
        assert np.abs(fast - true).sum() / 200 < 0.01
        assert fast.sum() == pytest.approx(200, rel=1e-6)


def test_operator_and_choice_agree_on_real_streets(streets: Streets) -> None:
    segment, position_m = streets.places(500)
    events = (segment, position_m, np.ones(500))
    waves = segment_mass(
        *streets.network, *events, bandwidth_m=300.0, kernel="epanechnikov", method="waves"
    )
    operator = segment_operator(
        *streets.network, segment, position_m, bandwidth_m=300.0, kernel="epanechnikov"
    )
    np.testing.assert_allclose(operator @ np.ones(500), waves, atol=1e-6)
    chosen = estimate_mass(*streets.network, *events, bandwidth_m=300.0, kernel="epanechnikov")
    assert chosen.method == ("paths" if streets.name == "san-francisco" else "waves")
    assert np.abs(chosen.mass - waves).sum() / 500 < 0.01
