"""The walkable street network of an area, projected in metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["StreetNetwork"]


@dataclass(frozen=True, slots=True, eq=False)
class StreetNetwork:
    """Segments between junctions, with the nodes they join.

    Parameters
    ----------
    segments
        One row a segment (`corridors.domain.tables.SEGMENTS`), index 0..n-1, in the area's CRS.
        Each geometry runs from node ``u`` to node ``v``. Segments that merely cross (a bridge over
        a street) share no node.
    node_xy
        ``(n_nodes, 2)`` coordinates in metres.
    crs
        The projected CRS, such as ``"EPSG:27700"``.
    """

    segments: gpd.GeoDataFrame
    node_xy: NDArray[np.float64]
    crs: str

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return len(self.segments)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    @property
    def u(self) -> NDArray[np.int32]:
        """Start node of each segment."""
        return self.segments["u"].to_numpy(np.int32)

    @property
    def v(self) -> NDArray[np.int32]:
        """End node of each segment."""
        return self.segments["v"].to_numpy(np.int32)

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Length of each segment in metres."""
        return self.segments["length_m"].to_numpy(np.float64)
