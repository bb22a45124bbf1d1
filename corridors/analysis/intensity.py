"""Network kernel density of all incidents at once: mass on each segment, density at any spacing.

See `corridors.analysis.waves` for the method. The cost is that of the network and the number of
steps: incidents cost one addition each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from corridors.analysis.branch_kernels import follow_branches
from corridors.analysis.intensity_kernels import add_own, gather, run_waves
from corridors.analysis.kernels import check_bandwidth, kernel_code, too_many_paths
from corridors.analysis.waves import STEPS, build_lines, check_network, check_points
from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from corridors.analysis.waves import Lines, Points

__all__ = [
    "METHODS",
    "MassEstimate",
    "check_weights",
    "estimate_mass",
    "sample_density",
    "segment_mass",
    "wave_mass",
]

METHODS = ("auto", "paths", "waves")

MAX_ENTERED = 1_000_000_000
"""Streets entered after which paths that were asked for are given up: about ten seconds."""


class MassEstimate(NamedTuple):
    """Mass on each segment, and how it was found."""

    mass: NDArray[np.float64]
    """``(n_segments,)`` in units of weight."""
    method: str
    """``"paths"``, exact but for rounding, or ``"waves"``."""
    n_entered: int
    """How often paths entered a street; 0 for waves."""


def check_weights(weight: ArrayLike, n_points: int) -> NDArray[np.float64]:
    """Check the weights of incidents.

    Raises
    ------
    BadInput
        A weight is negative or not finite.
    ValueError
        There is not one weight a point.
    """
    values = np.ascontiguousarray(weight, dtype=np.float64)
    if values.shape != (n_points,):
        raise ValueError("weight: one a point")
    bad = int((~(np.isfinite(values) & (values >= 0))).sum())
    if bad:
        raise BadInput(
            Problem(
                "weights",
                f"{bad} negative or not finite.",
                "Give each category a finite severity of 0 or more.",
            )
        )
    return values


def estimate_mass(  # noqa: PLR0913 -- the network, the incidents and the kernel
    u: ArrayLike,
    v: ArrayLike,
    length_m: ArrayLike,
    n_nodes: int,
    segment: ArrayLike,
    position_m: ArrayLike,
    weight: ArrayLike,
    *,
    bandwidth_m: float,
    kernel: str,
    cell_m: float | None = None,
    continuous: bool = True,
    method: str = "auto",
) -> MassEstimate:
    """Integrate the network kernel density of weighted incidents over each segment.

    Parameters
    ----------
    u, v
        ``(n_segments,)`` end nodes.
    length_m
        ``(n_segments,)``.
    n_nodes
        Number of nodes.
    segment, position_m, weight
        ``(n_points,)`` incidents: segment, metres along it from ``u``, weight of 0 or more.
    bandwidth_m
        Reach of the kernel.
    kernel
        ``"epanechnikov"`` or ``"biweight"``.
    cell_m
        Longest step of the waves; by default a 32nd of the reach. Given, the method is waves.
    continuous
        Equal-split continuous (the default: mass is kept, nothing jumps at junctions), or
        discontinuous (mass is lost at dead ends).
    method
        ``"waves"``; ``"paths"``, exact, as long as there are not too many; or ``"auto"``: paths
        where counting them says that they are cheaper than waves.

    Returns
    -------
    MassEstimate
        The mass, and the method that was used. When continuous the sum of the mass is that of
        the weights. A segment shorter than a step gets its part like any other.

    Raises
    ------
    BadInput
        The bandwidth, the kernel or a weight cannot be used, or ``"paths"`` was asked for and they
        are too many.
    """
    if method not in METHODS:
        raise ValueError(f"method: one of {', '.join(METHODS)}")
    network = check_network(u, v, length_m, n_nodes)
    points = check_points(segment, position_m, network[1])
    weights = check_weights(weight, len(points.segment))
    check_bandwidth(bandwidth_m, network[1])
    code = kernel_code(kernel)
    if method == "paths" or (method == "auto" and cell_m is None):
        # A street entered by a path costs about what an end of a street does in a step of waves.
        limit = MAX_ENTERED if method == "paths" else 2 * STEPS * len(network[1])
        mass, n_entered = follow_branches(
            network[0], network[1] / bandwidth_m, n_nodes, continuous, code,
            points.segment, points.position_m / bandwidth_m, weights, limit,
        )  # fmt: skip
        if n_entered <= limit:
            return MassEstimate(mass, "paths", n_entered)
        if method == "paths":
            raise BadInput(too_many_paths())
    lines = build_lines(
        u, v, length_m, n_nodes,
        bandwidth_m=bandwidth_m, kernel=kernel, cell_m=cell_m, continuous=continuous,
    )  # fmt: skip
    return MassEstimate(wave_mass(lines, network[1], points, weights), "waves", 0)


def wave_mass(
    lines: Lines,
    length: NDArray[np.float64],
    points: Points,
    weight: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give the mass that waves of checked points leave on each segment.

    For several weightings on one network: `corridors.analysis.waves.build_lines` once, this for
    each.
    """
    own = np.bincount(points.segment, weight, len(length))
    flow = run_waves(lines, length, points, weight).flow[lines.port].reshape(-1, 2).sum(axis=1)
    return np.asarray(own + flow)


def segment_mass(  # noqa: PLR0913 -- the network, the incidents and the kernel
    u: ArrayLike,
    v: ArrayLike,
    length_m: ArrayLike,
    n_nodes: int,
    segment: ArrayLike,
    position_m: ArrayLike,
    weight: ArrayLike,
    *,
    bandwidth_m: float,
    kernel: str,
    cell_m: float | None = None,
    continuous: bool = True,
    method: str = "auto",
) -> NDArray[np.float64]:
    """Give the mass of `estimate_mass` alone: ``(n_segments,)``, in units of weight."""
    return estimate_mass(
        u, v, length_m, n_nodes, segment, position_m, weight,
        bandwidth_m=bandwidth_m, kernel=kernel, cell_m=cell_m, continuous=continuous,
        method=method,
    ).mass  # fmt: skip


def sample_density(  # noqa: PLR0913 -- the network, the incidents and the kernel
    u: ArrayLike,
    v: ArrayLike,
    length_m: ArrayLike,
    n_nodes: int,
    segment: ArrayLike,
    position_m: ArrayLike,
    weight: ArrayLike,
    *,
    bandwidth_m: float,
    kernel: str,
    spacing_m: float,
    cell_m: float | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Sample the equal-split continuous density at even spacing along every segment.

    Parameters
    ----------
    u, v, length_m, n_nodes, segment, position_m, weight, bandwidth_m, kernel, cell_m
        As in `segment_mass`.
    spacing_m
        Longest distance between samples. Each segment is cut into equal pieces and sampled at
        their middles.

    Returns
    -------
    segment, position_m, density
        ``(n_samples,)`` each; density in units of weight per metre.
    """
    if not spacing_m > 0:
        raise ValueError("spacing_m: must be above 0")
    points = check_points(segment, position_m, length_m)
    weights = check_weights(weight, len(points.segment))
    lines = build_lines(
        u, v, length_m, n_nodes, bandwidth_m=bandwidth_m, kernel=kernel, cell_m=cell_m
    )
    length = np.asarray(length_m, dtype=np.float64)
    pieces = np.maximum(1, np.ceil(length / spacing_m)).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(pieces)])
    index = np.repeat(np.arange(len(length)), pieces)
    at_m = (np.arange(start[-1]) - start[index] + 0.5) * (length / pieces)[index]
    waves = run_waves(lines, length, points, weights, note=True)
    density = gather(lines, waves.entered, length, start, at_m)
    add_own(lines, points, weights, start, at_m, density)
    return index.astype(np.int32), at_m, density
