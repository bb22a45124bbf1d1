"""Which segments the incident sources cover: elsewhere the answer is "unknown", not zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import Geometry

    from corridors.domain.network import StreetNetwork

__all__ = ["MIN_COVERED_SHARE", "covered_segments"]

MIN_COVERED_SHARE = 0.5
"""A segment is covered when at least this share of its length lies inside."""


def covered_segments(network: StreetNetwork, coverage: Geometry | None) -> NDArray[np.bool_]:
    """Say which segments lie within the coverage by at least half of their length.

    The share is exact: segments wholly inside or outside are told apart by a prepared geometry,
    and only those that cross the boundary are cut.

    Parameters
    ----------
    network
        ``n`` segments, in metres.
    coverage
        Polygons in the same CRS; None where nothing is said, so that every segment is covered.

    Returns
    -------
    numpy.ndarray
        ``(n,)`` bool, in the order of the segments.
    """
    if coverage is None:
        return np.ones(network.n_segments, bool)
    lines = network.segments.geometry.to_numpy()
    shapely.prepare(coverage)
    covered: NDArray[np.bool_] = shapely.covers(coverage, lines)
    crossing = np.flatnonzero(~covered & shapely.intersects(coverage, lines))
    inside_m = shapely.length(shapely.intersection(coverage, lines[crossing]))
    covered[crossing] = inside_m >= MIN_COVERED_SHARE * shapely.length(lines[crossing])
    return covered
