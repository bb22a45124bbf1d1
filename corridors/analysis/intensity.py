"""Network kernel density of all incidents at once: mass on each segment, density at any spacing.

See `corridors.analysis.waves` for the method. The cost is that of the network and the number of
steps: incidents cost one addition each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corridors.analysis.intensity_kernels import add_own, gather, run_waves
from corridors.analysis.waves import build_lines, check_points
from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["check_weights", "sample_density", "segment_mass"]


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
            Problem("weights", f"{bad} negative or not finite.", "Check the severity table.")
        )
    return values


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
) -> NDArray[np.float64]:
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
        Longest step of the waves; by default a 32nd of the reach.
    continuous
        Equal-split continuous (the default: mass is kept, nothing jumps at junctions), or
        discontinuous (mass is lost at dead ends).

    Returns
    -------
    numpy.ndarray
        ``(n_segments,)`` mass, in units of weight. When continuous its sum is that of the weights.
        A segment shorter than a step gets its part like any other.

    Raises
    ------
    BadInput
        The bandwidth, the kernel or a weight cannot be used.
    """
    points = check_points(segment, position_m, length_m)
    weights = check_weights(weight, len(points.segment))
    lines = build_lines(
        u, v, length_m, n_nodes,
        bandwidth_m=bandwidth_m, kernel=kernel, cell_m=cell_m, continuous=continuous,
    )  # fmt: skip
    length = np.asarray(length_m, dtype=np.float64)
    own = np.bincount(points.segment, weights, len(length))
    flow = run_waves(lines, length, points, weights).flow[lines.port].reshape(-1, 2).sum(axis=1)
    return np.asarray(own + flow)


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
