"""The network kernel as a sparse operator: what one incident at each place puts on each segment.

Built once, it turns any weights of the same places into a surface with one product: that is what
makes many Monte Carlo surfaces cheap. Same waves as `corridors.analysis.intensity`, one place at a
time, only where they reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from corridors.analysis.operator_kernels import spread_places
from corridors.analysis.waves import Points, build_lines, check_points

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["segment_operator"]


def segment_operator(  # noqa: PLR0913 -- the network, the places and the kernel
    u: ArrayLike,
    v: ArrayLike,
    length_m: ArrayLike,
    n_nodes: int,
    segment: ArrayLike,
    position_m: ArrayLike,
    *,
    bandwidth_m: float,
    kernel: str,
    cell_m: float | None = None,
) -> sparse.csr_matrix:
    """Build the operator from weights of places to masses of segments.

    Parameters
    ----------
    u, v
        ``(n_segments,)`` end nodes.
    length_m
        ``(n_segments,)``.
    n_nodes
        Number of nodes.
    segment, position_m
        ``(n_points,)`` places: segment, metres along it from ``u``. Equal places are worked out
        once.
    bandwidth_m
        Reach of the kernel.
    kernel
        ``"epanechnikov"`` or ``"biweight"``.
    cell_m
        Longest step of the waves; by default a 32nd of the reach.

    Returns
    -------
    scipy.sparse.csr_matrix
        ``(n_segments, n_points)``: column j is the mass that a unit incident at place j puts on
        each segment; each column sums to 1. ``operator @ weight`` is
        `corridors.analysis.intensity.segment_mass` to rounding.

    Raises
    ------
    BadInput
        The bandwidth or the kernel cannot be used.
    """
    points = check_points(segment, position_m, length_m)
    lines = build_lines(
        u, v, length_m, n_nodes, bandwidth_m=bandwidth_m, kernel=kernel, cell_m=cell_m
    )
    length = np.asarray(length_m, dtype=np.float64)
    # Neighbours follow each other, so that a batch reaches one neighbourhood.
    rank = lines.node[lines.port].reshape(-1, 2).min(axis=1).astype(np.int64)
    order = np.lexsort((points.position_m, points.segment, rank[points.segment]))
    sorted_points = Points(points.segment[order], points.position_m[order])
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (np.diff(sorted_points.segment) != 0) | (np.diff(sorted_points.position_m) != 0)
    distinct = Points(sorted_points.segment[is_new], sorted_points.position_m[is_new])
    starts, segments, masses = spread_places(lines, length, distinct)
    columns = sparse.csc_matrix(
        (masses, segments, starts), shape=(len(length), len(distinct.segment))
    )
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(is_new) - 1
    return sparse.csr_matrix(columns[:, place])
