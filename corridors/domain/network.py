"""The walkable street network of an area, projected in metres."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
    _columns: dict[str, NDArray[Any]] = field(default_factory=dict, init=False, repr=False)
    """Columns as arrays, made once: a table of strings takes milliseconds each time."""

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
        return self._column("u", np.int32)

    @property
    def v(self) -> NDArray[np.int32]:
        """End node of each segment."""
        return self._column("v", np.int32)

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Length of each segment in metres."""
        return self._column("length_m", np.float64)

    @property
    def segment_ids(self) -> NDArray[np.object_]:
        """Id of each segment, in words."""
        return self._column("segment_id", object)

    @property
    def names(self) -> NDArray[np.object_]:
        """Street name of each segment, as the table has it: empty where there is none."""
        return self._column("name", object)

    @property
    def highways(self) -> NDArray[np.object_]:
        """Kind of street of each segment, as the table has it."""
        return self._column("highway", object)

    def _column(self, name: str, dtype: type) -> NDArray[Any]:
        if name not in self._columns:
            column = self.segments[name].to_numpy(dtype).view()
            column.flags.writeable = False
            self._columns[name] = column
        return self._columns[name]
