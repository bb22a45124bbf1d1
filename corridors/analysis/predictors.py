"""Forecasts that a method is measured against: past incidents to a density on every segment.

Each gives ``(n_segments,)`` weight per metre of street, on an arbitrary scale: only the order of
the segments is judged. They are what an analyst would do without this software, plus the network
kernel and the prospective idea.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import KDTree

from corridors.analysis.intensity import segment_mass

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from corridors.domain.network import StreetNetwork

__all__ = [
    "Past",
    "count_density",
    "gaussian_density",
    "grid_density",
    "middles_of",
    "network_density",
    "planar_density",
    "prospective_weight",
    "random_density",
]

WEEK_DAYS = 7.0


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The incidents that a forecast may know, and where they are put on the streets.

    Parameters
    ----------
    incident, segment, position_m, share
        ``(n_rows,)`` places: row of the incident, segment, metres from its start, and the part of
        the incident there. An incident on one place has one row.
    xy
        ``(n, 2)`` where the source put the incidents, metres.
    weight
        ``(n,)`` 0 or more.
    age_days
        ``(n,)`` days from the incident to the moment of the forecast.
    """

    incident: NDArray[np.int64]
    segment: NDArray[np.int32]
    position_m: NDArray[np.float64]
    share: NDArray[np.float64]
    xy: NDArray[np.float64]
    weight: NDArray[np.float64]
    age_days: NDArray[np.float64]

    @property
    def row_weight(self) -> NDArray[np.float64]:
        """``(n_rows,)`` weight at each place."""
        return self.share * self.weight[self.incident]

    def weighed(self, weight: NDArray[np.float64]) -> Past:
        """Give the same incidents with other weights."""
        return dataclasses.replace(self, weight=weight)

    def mass(self, n_segments: int) -> NDArray[np.float64]:
        """Sum the weights on each segment."""
        return np.bincount(self.segment, self.row_weight, n_segments).astype(np.float64)


def middles_of(network: StreetNetwork) -> NDArray[np.float64]:
    """Give the ``(n_segments, 2)`` points halfway along the segments, where surfaces are read."""
    lines = network.segments.geometry.to_numpy()
    return shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))


def random_density(network: StreetNetwork) -> NDArray[np.float64]:
    """Say the same of every street: the expected value of a choice at random."""
    return np.ones(network.n_segments)


def count_density(network: StreetNetwork, past: Past) -> NDArray[np.float64]:
    """Count per metre of the segments that the incidents are put on."""
    return past.mass(network.n_segments) / network.length_m


def grid_density(
    middles: NDArray[np.float64], past: Past, cell_m: float, corner: tuple[float, float]
) -> NDArray[np.float64]:
    """Count in the square cell that holds the middle of each segment.

    Parameters
    ----------
    middles
        From `middles_of`.
    past
        What is known.
    cell_m
        Side of a cell.
    corner
        A corner of the grid.
    """
    both = np.vstack([middles, past.xy])
    cells = np.floor((both - np.asarray(corner)) / cell_m).astype(np.int64)
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    cell = cell.ravel()
    count = np.bincount(cell[len(middles) :], past.weight, int(cell.max(initial=0)) + 1)
    return np.asarray(count[cell[: len(middles)]], np.float64)


def planar_density(
    middles: NDArray[np.float64], past: Past, bandwidth_m: float
) -> NDArray[np.float64]:
    """Read a planar Epanechnikov kernel density at the middle of each segment.

    Parameters
    ----------
    middles
        From `middles_of`.
    past
        What is known.
    bandwidth_m
        Reach of the kernel, as the crow flies.
    """
    segment, weight, apart_m = _pairs_within(middles, past, bandwidth_m)
    kernel = weight * (1.0 - (apart_m / bandwidth_m) ** 2)
    return np.bincount(segment, kernel, len(middles)).astype(np.float64)


def gaussian_density(
    middles: NDArray[np.float64], past: Past, deviation_m: float
) -> NDArray[np.float64]:
    """Read a planar Gaussian kernel density at the middle of each segment.

    Parameters
    ----------
    middles, past
        As in `planar_density`.
    deviation_m
        Standard deviation, as the crow flies. Beyond three of them nothing is counted.
    """
    segment, weight, apart_m = _pairs_within(middles, past, 3.0 * deviation_m)
    kernel = weight * np.exp(-0.5 * (apart_m / deviation_m) ** 2)
    return np.bincount(segment, kernel, len(middles)).astype(np.float64)


def _pairs_within(
    middles: NDArray[np.float64], past: Past, reach_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Give segment, weight and distance of every pair of a middle and a place within reach."""
    known = past.weight > 0
    if not known.any():
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    xy, which = np.unique(past.xy[known], axis=0, return_inverse=True)
    weight = np.bincount(which.ravel(), past.weight[known], len(xy))
    near = KDTree(middles).sparse_distance_matrix(KDTree(xy), reach_m, output_type="ndarray")
    return near["i"], weight[near["j"]], near["v"]


def network_density(
    network: StreetNetwork, past: Past, bandwidth_m: float, kernel: str
) -> NDArray[np.float64]:
    """Spread each incident along the streets by the equal-split continuous kernel.

    Parameters
    ----------
    network
        The streets.
    past
        What is known.
    bandwidth_m, kernel
        Reach and shape of the kernel.
    """
    mass = segment_mass(
        network.u,
        network.v,
        network.length_m,
        network.n_nodes,
        past.segment,
        past.position_m,
        past.row_weight,
        bandwidth_m=bandwidth_m,
        kernel=kernel,
    )
    return mass / network.length_m


def prospective_weight(past: Past) -> NDArray[np.float64]:
    """Weigh recent incidents more, as prospective hotspot maps do: 1 / (1 + weeks of age).

    Nearness comes in by the network kernel over which the weights are spread. The idea is that of
    Bowers, Johnson and Pease (2004), whose maps are planar.
    """
    return past.weight / (1.0 + np.floor(np.maximum(past.age_days, 0.0) / WEEK_DAYS))
