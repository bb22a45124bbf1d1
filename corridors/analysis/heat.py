"""The heat-equation kernel on a network: what a diffusion from each incident leaves after a while.

An alternative to the equal-split kernels, Gaussian far from junctions, and never negative (but for
rounding of 1e-7). The exponential of the diffusion is a sum of resolvents on a parabola in the
complex plane; each is known in closed form along a street once it is known at the nodes, so that
nothing is cut into pieces and streets may be of any length.

Sources: McSwiggan, Baddeley and Nair (2017), Kernel density estimation on a linear network;
Weideman and Trefethen (2007), Parabolic and hyperbolic contours (the parabola's coefficients).
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from corridors.analysis.intensity import check_weights
from corridors.analysis.waves import Points, check_points
from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = ["heat_density", "heat_mass"]

_SOLVES = 8


def heat_mass(
    u: ArrayLike,
    v: ArrayLike,
    length_m: ArrayLike,
    n_nodes: int,
    segment: ArrayLike,
    position_m: ArrayLike,
    weight: ArrayLike,
    *,
    sigma_m: float,
) -> NDArray[np.float64]:
    """Integrate the heat-equation density of weighted incidents over each segment.

    Parameters
    ----------
    u, v, length_m, n_nodes, segment, position_m, weight
        As in `corridors.analysis.intensity.segment_mass`.
    sigma_m
        Standard deviation of the kernel on a street without junctions.

    Returns
    -------
    numpy.ndarray
        ``(n_segments,)`` mass, in units of weight; its sum is that of the weights.

    Raises
    ------
    BadInput
        ``sigma_m`` or a weight cannot be used.
    """
    streets = _check(u, v, length_m, n_nodes, sigma_m)
    points = check_points(segment, position_m, streets.length_m)
    weights = check_weights(weight, len(points.segment))
    whole = streets.length_m[points.segment]
    mass = np.zeros(len(streets.length_m))
    for z, turn in _contour():
        root = np.sqrt(z) / streets.diffusion
        height = _heights(streets, z, points, weights)
        half = np.tanh(root * streets.length_m / 2)
        low, high = height[streets.ends].T
        found = (low + high) * half / root
        # what an incident leaves on its own street, were the ends held at 0
        own = _ratio(root, points.position_m, whole) + _ratio(
            root, whole - points.position_m, whole
        )
        held = weights * (1 - own) / z
        mass += (turn * found).real
        mass += np.bincount(points.segment, (turn * held).real, len(mass))
    return mass


def heat_density(  # noqa: PLR0913, PLR0917 -- the network, the incidents and the places
    u: ArrayLike,
    v: ArrayLike,
    length_m: ArrayLike,
    n_nodes: int,
    segment: ArrayLike,
    position_m: ArrayLike,
    weight: ArrayLike,
    at_segment: ArrayLike,
    at_position_m: ArrayLike,
    *,
    sigma_m: float,
) -> NDArray[np.float64]:
    """Give the heat-equation density at places.

    Parameters
    ----------
    u, v, length_m, n_nodes, segment, position_m, weight, sigma_m
        As in `heat_mass`.
    at_segment, at_position_m
        ``(n_places,)`` where.

    Returns
    -------
    numpy.ndarray
        ``(n_places,)`` density, in units of weight per metre.

    Raises
    ------
    BadInput
        As in `heat_mass`.
    """
    streets = _check(u, v, length_m, n_nodes, sigma_m)
    points = check_points(segment, position_m, streets.length_m)
    weights = check_weights(weight, len(points.segment))
    at = check_points(at_segment, at_position_m, streets.length_m)
    whole = streets.length_m[at.segment]
    place, point = _pairs(at.segment, points.segment, len(streets.length_m))
    near, far = np.sort([at.position_m[place], points.position_m[point]], axis=0)
    density = np.zeros(len(at.segment))
    for z, turn in _contour():
        root = np.sqrt(z) / streets.diffusion
        low, high = _heights(streets, z, points, weights)[streets.ends[at.segment]].T
        found = low * _ratio(root, at.position_m, whole)
        found += high * _ratio(root, whole - at.position_m, whole)
        density += (turn * found).real
        own = np.expm1(-2 * root * near) * _ratio(root, far, whole[place]) * np.exp(root * near)
        own *= weights[point] / (-2 * streets.diffusion**2 * root)
        density += np.bincount(place, (turn * own).real, len(density))
    return density


class _Streets(NamedTuple):
    ends: NDArray[np.int64]
    """``(n_segments, 2)``"""
    length_m: NDArray[np.float64]
    n_nodes: int
    diffusion: float
    """Square root of the rate: sigma over root 2."""


def _check(
    u: ArrayLike, v: ArrayLike, length_m: ArrayLike, n_nodes: int, sigma_m: float
) -> _Streets:
    if not (isfinite(sigma_m) and sigma_m > 0):
        raise BadInput(
            Problem(
                "parameters.bandwidth_m",
                "must be a finite number above 0 m.",
                "Use a standard deviation of 65 to 135 m.",
            )
        )
    # A piece without length would be infinitely stiff: a millionth of sigma is as good.
    length = np.maximum(np.asarray(length_m, dtype=np.float64), 1e-6 * sigma_m)
    ends = np.column_stack([np.asarray(u), np.asarray(v)]).astype(np.int64)
    return _Streets(ends, length, n_nodes, sigma_m / 2**0.5)


def _contour() -> Iterator[tuple[complex, complex]]:
    """Give the points of half the parabola, and the weight of each resolvent (real part)."""
    n = 2 * _SOLVES
    for k in range(_SOLVES):
        theta = (2 * k + 1) * np.pi / n
        z = n * (0.1309 - 0.1194 * theta**2 + 0.25j * theta)
        slope = n * (-2 * 0.1194 * theta + 0.25j)
        yield complex(z), complex(2 * np.exp(z) * slope / (1j * n))


def _ratio(
    root: complex, gone_m: NDArray[np.float64], whole_m: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Give sinh(root (whole - gone)) / sinh(root whole), also where both overflow."""
    rest = np.expm1(-2 * root * (whole_m - gone_m)) / np.expm1(-2 * root * whole_m)
    return np.asarray(np.exp(-root * gone_m) * rest)


def _heights(
    streets: _Streets, z: complex, points: Points, weight: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Solve for the nodes: on the streets between them the solution is known in closed form."""
    root, n = np.sqrt(z) / streets.diffusion, streets.n_nodes
    low, high = streets.ends.T
    fade = np.exp(-root * streets.length_m)
    over = streets.diffusion**2 * root / -np.expm1(-2 * root * streets.length_m)
    same, cross = over * (1 + fade**2), -2 * over * fade
    whole = streets.length_m[points.segment]
    load = np.zeros(n, dtype=np.complex128)
    np.add.at(load, low[points.segment], weight * _ratio(root, points.position_m, whole))
    np.add.at(load, high[points.segment], weight * _ratio(root, whole - points.position_m, whole))
    # a node without streets holds nothing, and must not be singular
    bare = np.flatnonzero(np.bincount(streets.ends.ravel(), minlength=n) == 0)
    rows = np.concatenate([low, high, low, high, bare])
    columns = np.concatenate([low, high, high, low, bare])
    values = np.concatenate([same, same, cross, cross, np.ones(len(bare))])
    system = sparse.csc_matrix((values, (rows, columns)), shape=(n, n))
    # the matrix is symmetric: pivots off the diagonal would fill it
    solver = splu(
        system,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.01,
        options={"SymmetricMode": True},
    )
    return np.asarray(solver.solve(load))


def _pairs(
    place_segment: NDArray[np.int32], point_segment: NDArray[np.int32], n_segments: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair each place with every incident on its segment."""
    order = np.argsort(point_segment, kind="stable")
    first = np.searchsorted(point_segment[order], np.arange(n_segments + 1))
    n_each = np.diff(first)[place_segment]
    place = np.repeat(np.arange(len(place_segment)), n_each)
    start = np.concatenate([[0], np.cumsum(n_each)])[:-1]
    within = np.arange(len(place)) - start[place]
    return place, order[first[place_segment[place]] + within]
