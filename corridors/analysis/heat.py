"""The heat-equation kernel on a network: what a diffusion from each incident leaves after a while.

An alternative to the equal-split kernels, Gaussian far from junctions, and never negative (but for
rounding of 1e-7). Linear finite elements along the streets; the exponential of the diffusion by
eight sparse solves on a parabola in the complex plane, which holds for pieces of any length.

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
from corridors.analysis.waves import check_points
from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
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
    mesh = _cut(u, v, length_m, n_nodes, sigma_m)
    height = _diffuse(mesh, _load(mesh, segment, position_m, weight), sigma_m)
    pieces = mesh.piece_m[mesh.of_piece] * height[mesh.ends].sum(axis=1) / 2
    return np.asarray(np.bincount(mesh.of_piece, pieces, len(mesh.piece_m)))


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
    mesh = _cut(u, v, length_m, n_nodes, sigma_m)
    height = _diffuse(mesh, _load(mesh, segment, position_m, weight), sigma_m)
    piece, along = _locate(mesh, at_segment, at_position_m)
    low, high = height[mesh.ends[piece]].T
    return np.asarray((1 - along) * low + along * high)


class _Mesh(NamedTuple):
    """Streets cut into pieces of equal length."""

    piece_m: NDArray[np.float64]
    """``(n_segments,)`` length of each piece of a segment."""
    length_m: NDArray[np.float64]
    first: NDArray[np.int64]
    """``(n_segments + 1,)`` where the pieces of each segment begin."""
    of_piece: NDArray[np.int64]
    """``(n_pieces,)`` segment."""
    ends: NDArray[np.int64]
    """``(n_pieces, 2)`` mesh nodes; the first ``n_nodes`` are the nodes of the network."""
    n_mesh_nodes: int


def _cut(u: ArrayLike, v: ArrayLike, length_m: ArrayLike, n_nodes: int, sigma_m: float) -> _Mesh:
    """Cut every segment into pieces of at most a sixteenth of sigma."""
    if not (isfinite(sigma_m) and sigma_m > 0):
        raise BadInput(Problem("parameters.bandwidth_m", "must be above 0 m.", "Use 150 to 300 m."))
    length = np.asarray(length_m, dtype=np.float64)
    # A piece without length would be infinitely stiff: a millionth of sigma is as good.
    n_pieces = np.maximum(1, np.ceil(16 * length / sigma_m)).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(n_pieces)])
    of_piece = np.repeat(np.arange(len(length)), n_pieces)
    place = np.arange(first[-1]) - first[of_piece]
    # segment i has n_pieces[i] - 1 mesh nodes of its own
    own = n_nodes + first[:-1] - np.arange(len(length))
    low = np.where(place == 0, np.asarray(u)[of_piece], own[of_piece] + place - 1)
    last = place == n_pieces[of_piece] - 1
    high = np.where(last, np.asarray(v)[of_piece], own[of_piece] + place)
    n_mesh_nodes = n_nodes + int(first[-1]) - len(length)
    piece_m = np.maximum(length, 1e-6 * sigma_m) / n_pieces
    return _Mesh(piece_m, length, first, of_piece, np.column_stack([low, high]), n_mesh_nodes)


def _locate(
    mesh: _Mesh, segment: ArrayLike, position_m: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give the piece of each place, and the part of the piece before it."""
    points = check_points(segment, position_m, mesh.length_m)
    i = points.segment
    steps = points.position_m / mesh.piece_m[i]
    place = np.minimum(steps.astype(np.int64), np.diff(mesh.first)[i] - 1)
    return mesh.first[i] + place, np.minimum(steps - place, 1.0)


def _load(
    mesh: _Mesh, segment: ArrayLike, position_m: ArrayLike, weight: ArrayLike
) -> NDArray[np.float64]:
    """Put each weight on the two mesh nodes beside it."""
    piece, along = _locate(mesh, segment, position_m)
    weights = check_weights(weight, len(piece))
    low, high = mesh.ends[piece].T
    n = mesh.n_mesh_nodes
    return np.asarray(
        np.bincount(low, (1 - along) * weights, n) + np.bincount(high, along * weights, n)
    )


def _diffuse(mesh: _Mesh, load: NDArray[np.float64], sigma_m: float) -> NDArray[np.float64]:
    """Let the load diffuse until its standard deviation is sigma."""
    piece_m = mesh.piece_m[mesh.of_piece]
    mass = _assemble(mesh, piece_m / 3, piece_m / 6)
    stiffness = _assemble(mesh, 1 / piece_m, -1 / piece_m) * (sigma_m**2 / 2)
    # a node without streets holds nothing, and must not be singular
    bare = np.bincount(mesh.ends.ravel(), minlength=mesh.n_mesh_nodes) == 0
    mass = mass + sparse.diags_array(bare.astype(np.float64))
    n = 2 * _SOLVES
    theta = (2 * np.arange(_SOLVES) + 1) * np.pi / n
    z = n * (0.1309 - 0.1194 * theta**2 + 0.25j * theta)
    slope = n * (-2 * 0.1194 * theta + 0.25j)
    height = np.zeros(mesh.n_mesh_nodes)
    for at, turn in zip(z, slope, strict=True):
        system = sparse.csc_matrix(at * mass + stiffness)
        solved = splu(system).solve(load.astype(np.complex128))
        height += 2 * (np.exp(at) * turn / (1j * n) * solved).real
    return height


def _assemble(
    mesh: _Mesh, same: NDArray[np.float64], cross: NDArray[np.float64]
) -> sparse.csc_matrix:
    """Add up a matrix of mesh nodes from two numbers a piece."""
    low, high = mesh.ends.T
    rows = np.concatenate([low, high, low, high])
    columns = np.concatenate([low, high, high, low])
    values = np.concatenate([same, same, cross, cross])
    return sparse.csc_matrix((values, (rows, columns)), shape=(mesh.n_mesh_nodes,) * 2)
