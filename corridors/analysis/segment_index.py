"""Which street segment is nearest to a point, and which lie within a radius: exact, by a grid.

The straight pieces of all segments are listed in the square cells they run through; a search looks
through the cells around a point, ring by ring, until nothing unseen can be nearer. A k-d tree over
vertices is not used, because it answers with the wrong segment for many points of long streets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from corridors.analysis.circle_kernels import runs_within
from corridors.analysis.segment_kernels import (
    FARTHEST_M,
    fill_cells,
    nearest_entries,
    piece_positions,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Nearest", "SegmentIndex", "Within"]

_MOST_CELLS = 4_000_000
_LINESTRING = 1


class Nearest(NamedTuple):
    """The nearest segment of each point: arrays of the points' length."""

    segment: NDArray[np.int32]
    """Row of the segment; -1 where none is near enough."""
    position_m: NDArray[np.float64]
    """Metres from the start of the segment to the nearest place on it; 0 where none."""
    distance_m: NDArray[np.float64]
    """Metres from the point to that place; infinite where none."""


class Within(NamedTuple):
    """Stretches of segments inside circles around points, by point, segment and position."""

    point: NDArray[np.int64]
    segment: NDArray[np.int32]
    position_m: NDArray[np.float64]
    """The middle of the stretch, in metres from the start of the segment."""
    length_m: NDArray[np.float64]
    """Length of the stretch, over 0. A segment that enters a circle twice has two stretches."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentIndex:
    """A grid over the straight pieces of segments. Make one with `SegmentIndex.build`.

    Parameters
    ----------
    ends
        ``(n_pieces, 4)`` x0, y0, x1, y1 of each straight piece, in metres from ``corner``.
    segment
        ``(n_pieces,)`` row of the segment that each piece belongs to, ascending.
    start_m, piece_m
        ``(n_pieces,)`` position of the piece's start along its segment, and its length.
    offset, listed
        The pieces of each cell: ``listed[offset[cell]:offset[cell + 1]]``.
    near
        ``(len(listed), 6)`` x0, y0, dx, dy, 1 / length squared and segment of the pieces as listed,
        so that a search reads memory in order.
    corner
        Lower left corner of the grid, in the area's CRS.
    cell_m, n_columns, n_rows
        Side of a cell, and the number of cells each way.
    """

    ends: NDArray[np.float64]
    segment: NDArray[np.int32]
    start_m: NDArray[np.float64]
    piece_m: NDArray[np.float64]
    offset: NDArray[np.int64]
    listed: NDArray[np.int32]
    near: NDArray[np.float64]
    corner: tuple[float, float]
    cell_m: float
    n_columns: int
    n_rows: int

    @classmethod
    def build(cls, geometry: ArrayLike, cell_m: float = 50.0) -> SegmentIndex:
        """Build the index.

        Parameters
        ----------
        geometry
            ``(n_segments,)`` LineStrings in a projected CRS (metres).
        cell_m
            Side of a cell. It is doubled until the grid is of a bearable size, so that two far
            away streets cost no memory; the answers do not depend on it.

        Raises
        ------
        ValueError
            If a geometry is missing, empty, not a LineString or not finite.
        """
        lines: NDArray[Any] = np.asarray(geometry, dtype=object)
        if not (shapely.get_type_id(lines) == _LINESTRING).all() or shapely.is_empty(lines).any():
            raise ValueError("every segment must be a LineString with at least two points")
        if not (cell_m > 0 and np.isfinite(cell_m)):
            raise ValueError("cell_m must be over 0")
        xy, row = shapely.get_coordinates(lines, return_index=True)
        if not np.isfinite(xy).all():
            raise ValueError("every coordinate of a segment must be finite")
        corner = xy.min(axis=0) if len(xy) else np.zeros(2)
        ends, segment = _pieces(xy - corner, row)
        extent = ends.reshape(-1, 2).max(axis=0, initial=0.0)
        while np.prod(np.floor(extent / cell_m) + 1.0) > _MOST_CELLS:
            cell_m *= 2.0
        n_columns, n_rows = (int(n) for n in np.floor(extent / cell_m) + 1.0)
        offset, listed = fill_cells(ends, float(cell_m), n_columns, n_rows)
        step = ends[:, 2:] - ends[:, :2]
        squared = (step**2).sum(axis=1)
        inverse = np.divide(1.0, squared, out=np.zeros(len(squared)), where=squared > 0)
        piece_m = np.hypot(step[:, 0], step[:, 1])
        return cls(
            ends,
            segment,
            piece_positions(segment, piece_m),
            piece_m,
            offset,
            listed,
            np.column_stack([ends[:, :2], step, inverse, segment])[listed],
            (float(corner[0]), float(corner[1])),
            float(cell_m),
            n_columns,
            n_rows,
        )

    def nearest(self, x: ArrayLike, y: ArrayLike, max_distance_m: float = np.inf) -> Nearest:
        """Find the nearest segment of each point, exactly.

        Where several segments are equally near (to 1e-9 m, as at a junction), the one of the
        lowest row is taken.

        Parameters
        ----------
        x, y
            ``(n,)`` coordinates in the segments' CRS. A point that is not finite has no segment.
        max_distance_m
            Segments farther than this are not found; one at exactly this distance is.
        """
        entry, along, distance_m = nearest_entries(
            self.offset,
            self.near,
            (self.cell_m, self.n_columns, self.n_rows),
            self._local(x, y),
            float(max_distance_m),
        )
        found = entry >= 0
        if not found.any():
            return Nearest(entry.astype(np.int32), along, distance_m)
        piece = self.listed[entry]  # where none was found, any piece: it is not used
        segment = np.where(found, self.segment[piece], np.int32(-1))
        position_m = self.start_m[piece] + along * self.piece_m[piece]
        return Nearest(segment, np.where(found, position_m, 0.0), distance_m)

    def within(self, x: ArrayLike, y: ArrayLike, radius_m: float) -> Within:
        """Find the stretches of segments inside a circle around each point, exactly.

        Parameters
        ----------
        x, y
            ``(n,)`` coordinates in the segments' CRS. A point that is not finite has no segment.
        radius_m
            Radius of the circles.
        """
        points = self._local(x, y)
        extent = np.array([self.n_columns, self.n_rows]) * self.cell_m
        meets_grid = (points >= -radius_m) & (points <= extent + radius_m)
        near = np.flatnonzero(meets_grid.all(axis=1) & (np.abs(points) < FARTHEST_M).all(axis=1))
        runs = runs_within(
            (self.ends, self.segment),
            (self.offset, self.listed),
            (self.cell_m, self.n_columns, self.n_rows),
            points[near],
            float(radius_m),
        )
        piece = runs[:, 1].astype(np.int64)
        length_m = runs[:, 3]
        start_m = self.start_m[piece] + runs[:, 2] * self.piece_m[piece]
        return Within(
            near[runs[:, 0].astype(np.int64)],
            runs[:, 4].astype(np.int32),
            start_m + length_m / 2.0,
            length_m,
        )

    def _local(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
        """Coordinates from the grid's corner."""
        points = np.empty((len(np.asarray(x)), 2))
        points[:, 0] = np.asarray(x, np.float64) - self.corner[0]
        points[:, 1] = np.asarray(y, np.float64) - self.corner[1]
        return points


def _pieces(
    xy: NDArray[np.float64], row: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Cut lines into straight pieces; those of no length go, unless a line has no other."""
    first = np.flatnonzero(row[1:] == row[:-1])
    ends = np.hstack([xy[first], xy[first + 1]])
    segment = row[first].astype(np.int32)
    has_length = (ends[:, :2] != ends[:, 2:]).any(axis=1)
    n_with_length = np.bincount(segment, weights=has_length)
    is_first = np.ones(len(segment), bool)
    is_first[1:] = segment[1:] != segment[:-1]
    kept = has_length | (is_first & (n_with_length[segment] == 0))
    return ends[kept], segment[kept]
