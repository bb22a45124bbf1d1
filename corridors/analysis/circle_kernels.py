"""Compiled loop behind `SegmentIndex.within`: stretches of segments inside circles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["runs_within"]


@njit(cache=True, nogil=True)
def _clip(
    ends: NDArray[np.float64], piece: int, px: float, py: float, radius_m: float
) -> tuple[float, float]:
    """Share of a piece at which it enters and leaves a circle; equal where it stays outside."""
    ax, ay = ends[piece, 0] - px, ends[piece, 1] - py
    dx, dy = ends[piece, 2] - ends[piece, 0], ends[piece, 3] - ends[piece, 1]
    squared = dx * dx + dy * dy
    if squared == 0.0:
        return 0.0, 0.0
    cross = ax * dy - ay * dx
    half_squared = (radius_m * radius_m - cross * cross / squared) / squared
    if half_squared <= 0.0:
        return 0.0, 0.0
    middle, half = -(ax * dx + ay * dy) / squared, math.sqrt(half_squared)
    return min(max(middle - half, 0.0), 1.0), min(max(middle + half, 0.0), 1.0)


@njit(cache=True, nogil=True)
def _pieces_near(
    cells: tuple[NDArray[np.int64], NDArray[np.int32]],
    grid: tuple[float, int, int],
    point: tuple[float, float, float],
) -> NDArray[np.int32]:
    """Pieces of the cells that a circle's box meets, ascending; a piece may be there twice."""
    offset, listed = cells
    cell_m, n_columns, n_rows = grid
    px, py, radius_m = point
    low_row = max(math.floor((py - radius_m) / cell_m), 0)
    high_row = min(math.floor((py + radius_m) / cell_m), n_rows - 1)
    low = max(math.floor((px - radius_m) / cell_m), 0)
    high = min(math.floor((px + radius_m) / cell_m), n_columns - 1)
    n = 0
    for r in range(low_row, high_row + 1):
        n += offset[r * n_columns + high + 1] - offset[r * n_columns + low]
    near = np.empty(n, np.int32)
    n = 0
    for r in range(low_row, high_row + 1):
        # The cells of one row lie next to each other in the list.
        here = listed[offset[r * n_columns + low] : offset[r * n_columns + high + 1]]
        near[n : n + len(here)] = here
        n += len(here)
    near.sort()
    return near


@njit(cache=True, nogil=True)
def _doubled(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    more = np.empty((2 * len(rows), rows.shape[1]))
    more[: len(rows)] = rows
    return more


@njit(cache=True, nogil=True)
def runs_within(
    pieces: tuple[NDArray[np.float64], NDArray[np.int32]],
    cells: tuple[NDArray[np.int64], NDArray[np.int32]],
    grid: tuple[float, int, int],
    points: NDArray[np.float64],
    radius_m: float,
) -> NDArray[np.float64]:
    """Find the stretches of segments inside a circle around each point.

    Parameters
    ----------
    pieces
        ``(n_pieces, 4)`` ends in metres from the grid's corner, and the segment row of each.
    cells
        What `corridors.analysis.segment_kernels.fill_cells` gave.
    grid
        Side of a cell in metres, columns, rows.
    points
        ``(n, 2)`` finite coordinates in metres from the grid's corner.
    radius_m
        Radius of the circles in metres.

    Returns
    -------
    array
        ``(n_runs, 5)``: point, first piece, share of that piece before the run, length of the run
        in metres, segment. By point, then segment, then position. Pieces that follow each other
        inside the circle make one run.
    """
    ends, segment = pieces
    runs = np.empty((max(64, 8 * len(points)), 5))
    n = 0
    for i in range(len(points)):
        px, py = points[i, 0], points[i, 1]
        before, is_open = -1, False
        for piece in _pieces_near(cells, grid, (px, py, radius_m)):
            if piece == before:
                continue
            start, end = _clip(ends, piece, px, py, radius_m)
            follows = piece == before + 1 and is_open and segment[piece] == segment[before]
            before, is_open = piece, end == 1.0 and start < end
            if end <= start:
                continue
            length_m = (end - start) * math.hypot(
                ends[piece, 2] - ends[piece, 0], ends[piece, 3] - ends[piece, 1]
            )
            if follows:
                runs[n - 1, 3] += length_m
                continue
            if n == len(runs):
                runs = _doubled(runs)
            runs[n, 0], runs[n, 1], runs[n, 2] = i, piece, start
            runs[n, 3], runs[n, 4] = length_m, segment[piece]
            n += 1
    return runs[:n].copy()
