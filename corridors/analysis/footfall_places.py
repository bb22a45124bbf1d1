"""Where destinations lie on the streets: points on one segment, areas spread over those inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from corridors.domain.destinations import DESTINATION_KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from corridors.analysis.segment_index import SegmentIndex
    from corridors.domain.destinations import Destinations
    from corridors.domain.network import StreetNetwork

__all__ = ["DestinationPlaces", "place_destinations"]


@dataclass(frozen=True, slots=True, eq=False)
class DestinationPlaces:
    """Destinations on a network.

    Parameters
    ----------
    offset
        ``(n_segments + 1,)`` the points of segment ``i`` are ``offset[i]`` to ``offset[i + 1]``.
    kind, position_m, weight
        ``(n_points,)`` kind, metres from the start of the segment, and weight.
    spread
        ``(n_segments, n_kinds + 1)`` weight spread along each segment: that of areas, and in the
        last column every street's own length, for those who walk elsewhere.
    n_placed, n_far
        ``(n_kinds,)`` destinations that are on a street, and that are near none.
    """

    offset: NDArray[np.int64]
    kind: NDArray[np.int64]
    position_m: NDArray[np.float64]
    weight: NDArray[np.float64]
    spread: NDArray[np.float64]
    n_placed: NDArray[np.int64]
    n_far: NDArray[np.int64]


def place_destinations(
    network: StreetNetwork, index: SegmentIndex, destinations: Destinations, tolerance_m: float
) -> DestinationPlaces:
    """Put destinations on the streets.

    Parameters
    ----------
    network, index
        Streets, and the index of their geometries.
    destinations
        In the network's CRS.
    tolerance_m
        Points farther than this from every street are left out and counted.
    """
    n_kinds = len(DESTINATION_KINDS)
    is_area = np.array([outline is not None for outline in destinations.outline], bool)
    points = np.flatnonzero(~is_area)
    nearest = index.nearest(destinations.x[points], destinations.y[points], tolerance_m)
    is_near = nearest.segment >= 0
    segment = nearest.segment[is_near].astype(np.int64)
    order = np.argsort(segment, kind="stable")
    rows = points[is_near][order]
    offset = np.zeros(network.n_segments + 1, np.int64)
    offset[1:] = np.cumsum(np.bincount(segment, minlength=network.n_segments))
    spread = np.zeros((network.n_segments, n_kinds + 1))
    spread[:, -1] = network.length_m
    areas = np.flatnonzero(is_area)
    on_street = _spread_areas(network, destinations, areas, spread)
    placed = np.concatenate([rows, areas[on_street]])
    far = np.concatenate([points[~is_near], areas[~on_street]])
    return DestinationPlaces(
        offset=offset,
        kind=destinations.kind[rows],
        position_m=nearest.position_m[is_near][order].astype(np.float64),
        weight=destinations.weight[rows],
        spread=spread,
        n_placed=np.bincount(destinations.kind[placed], minlength=n_kinds),
        n_far=np.bincount(destinations.kind[far], minlength=n_kinds),
    )


def _spread_areas(
    network: StreetNetwork,
    destinations: Destinations,
    areas: NDArray[np.int64],
    spread: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Add each area's weight to the streets inside it by their length; tell which have any."""
    lines = network.segments.geometry.to_numpy()
    outlines = destinations.outline[areas]
    shapely.prepare(outlines)
    area, line = shapely.STRtree(lines).query(outlines, predicate="intersects")
    is_whole = shapely.contains_properly(outlines[area], lines[line])
    inside_m = shapely.length(lines)[line]
    cut = ~is_whole
    inside_m[cut] = shapely.length(shapely.intersection(outlines[area[cut]], lines[line[cut]]))
    total_m = np.bincount(area, weights=inside_m, minlength=len(areas))
    found = total_m > 0
    part = np.divide(inside_m, total_m[area], out=np.zeros(len(area)), where=found[area])
    rows = destinations.kind[areas[area]]
    np.add.at(spread, (line, rows), destinations.weight[areas[area]] * part)
    return found
