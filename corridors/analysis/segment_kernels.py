"""Compiled loops behind `corridors.analysis.segment_index`: a grid of cells over straight pieces.

A piece is listed in every cell that it runs through, a hair (`SLACK_M`) more rather than less, so
that whatever lies inside a block of cells is listed in one of them. The searches rely on that to
be exact.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FARTHEST_M", "SLACK_M", "TIE_M", "fill_cells", "nearest_entries", "piece_positions"]

FARTHEST_M = 1e9
"""Farther out nothing is a place on Earth, and numbers of cells would overflow."""

SLACK_M = 1e-6
"""How far beyond its cells a piece is listed: far above rounding, far below a cell."""

TIE_M = 1e-9
"""Distances this close are equal; the lowest segment row wins."""


@njit(cache=True, nogil=True)
def piece_positions(
    segment: NDArray[np.int32], length_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the position of each piece's start, in metres from the start of its own segment."""
    start_m = np.zeros(len(segment))
    for piece in range(1, len(segment)):
        if segment[piece] == segment[piece - 1]:
            start_m[piece] = start_m[piece - 1] + length_m[piece - 1]
    return start_m


@njit(cache=True, nogil=True)
def _cell(value: float, cell_m: float, n_cells: int) -> int:
    return min(max(math.floor(value / cell_m), 0), n_cells - 1)


@njit(cache=True, nogil=True)
def _rows_in_column(
    ends: NDArray[np.float64], column: int, cell_m: float, n_rows: int
) -> tuple[int, int]:
    """First and last row of cells through which a piece runs within one column of cells."""
    x0, y0, dx, dy = ends[0], ends[1], ends[2] - ends[0], ends[3] - ends[1]
    near, far = 0.0, 1.0
    if abs(dx) > SLACK_M:
        at_left = (column * cell_m - SLACK_M - x0) / dx
        at_right = ((column + 1) * cell_m + SLACK_M - x0) / dx
        near = min(max(min(at_left, at_right), 0.0), 1.0)
        far = min(max(at_left, at_right, 0.0), 1.0)
    y_near, y_far = y0 + near * dy, y0 + far * dy
    low = _cell(min(y_near, y_far) - SLACK_M, cell_m, n_rows)
    high = _cell(max(y_near, y_far) + SLACK_M, cell_m, n_rows)
    return low, high


@njit(cache=True, nogil=True)
def fill_cells(
    ends: NDArray[np.float64], cell_m: float, n_columns: int, n_rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """List the pieces of each cell.

    Parameters
    ----------
    ends
        ``(n_pieces, 4)`` x0, y0, x1, y1 in metres from the grid's lower left corner.
    cell_m, n_columns, n_rows
        Side of a cell in metres, and the number of cells each way.

    Returns
    -------
    tuple
        ``(n_columns * n_rows + 1,)`` offsets, and the pieces cell by cell, in ascending order.
    """
    offset = np.zeros(n_columns * n_rows + 1, np.int64)
    listed = np.empty(0, np.int32)
    cursor = np.empty(0, np.int64)
    for filling in range(2):
        if filling == 1:
            offset = np.cumsum(offset)
            listed = np.empty(offset[-1], np.int32)
            cursor = offset[:-1].copy()
        for piece in range(len(ends)):
            x0, x1 = ends[piece, 0], ends[piece, 2]
            first = _cell(min(x0, x1) - SLACK_M, cell_m, n_columns)
            last = _cell(max(x0, x1) + SLACK_M, cell_m, n_columns)
            for column in range(first, last + 1):
                low, high = _rows_in_column(ends[piece], column, cell_m, n_rows)
                for row in range(low, high + 1):
                    cell = row * n_columns + column
                    if filling == 0:
                        offset[cell + 1] += 1
                    else:
                        listed[cursor[cell]] = piece
                        cursor[cell] += 1
    return offset, listed


@njit(cache=True, nogil=True)
def _foot(near: NDArray[np.float64], k: int, px: float, py: float) -> tuple[float, float]:
    """Squared distance from a point to a piece, and where along it (0 to 1) the foot lies."""
    ax, ay, dx, dy = px - near[k, 0], py - near[k, 1], near[k, 2], near[k, 3]
    along = min(max((ax * dx + ay * dy) * near[k, 4], 0.0), 1.0)
    ex, ey = ax - along * dx, ay - along * dy
    return ex * ex + ey * ey, along


@njit(cache=True, nogil=True)
def _block(
    grid: tuple[float, int, int], point: tuple[float, float], reach_m: float
) -> tuple[int, int, int, int]:
    """First and last column and row of the cells that a square around a point meets."""
    cell_m, n_columns, n_rows = grid
    px, py = point
    return (
        max(math.floor((px - reach_m) / cell_m), 0),
        min(math.floor((px + reach_m) / cell_m), n_columns - 1),
        max(math.floor((py - reach_m) / cell_m), 0),
        min(math.floor((py + reach_m) / cell_m), n_rows - 1),
    )


@njit(cache=True, nogil=True)
def _scan(
    near: NDArray[np.float64],
    first: int,
    last: int,
    point: tuple[float, float],
    state: tuple[int, float, bool],
) -> tuple[int, float, bool]:
    """Look through entries. The state: the nearest so far, its distance, whether one ties."""
    px, py = point
    found, best, tied = state
    bound = (best + 2.0 * TIE_M) ** 2
    for k in range(first, last):
        squared, _ = _foot(near, k, px, py)
        if squared > bound:
            continue
        distance = math.sqrt(squared)
        gain = best - distance
        if found >= 0 and abs(gain) <= TIE_M and near[k, 5] != near[found, 5]:
            tied = True
        if gain > 0.0 or (found < 0 and gain == 0.0):
            tied = tied and gain <= TIE_M
            found, best = k, distance
            bound = (best + 2.0 * TIE_M) ** 2
    return found, best, tied


@njit(cache=True, nogil=True)
def _search(
    offset: NDArray[np.int64],
    near: NDArray[np.float64],
    grid: tuple[float, int, int],
    point: tuple[float, float],
    max_m: float,
) -> tuple[int, float, bool]:
    """Find the entry nearest to a point (-1 where none), its distance, and whether one ties.

    Squares around the point are searched, each over twice as wide as the last, until one meets a
    piece; whatever is nearer than that piece meets the square of its distance.
    """
    width, height = grid[0] * grid[1], grid[0] * grid[2]
    outside = max(-point[0], point[0] - width, -point[1], point[1] - height, 0.0)
    # No corner of the grid is farther than this, either way.
    enough = min(max_m, outside + width + height) + SLACK_M
    reach = outside + SLACK_M
    state = (-1, max_m, False)
    while outside <= max_m:
        left, right, low, high = _block(grid, point, reach)
        for row in range(low, high + 1):
            # The cells of one row lie next to each other in the list.
            cell = row * grid[1]
            state = _scan(near, offset[cell + left], offset[cell + right + 1], point, state)
        if state[0] >= 0:
            if state[1] + SLACK_M <= reach:
                break
            reach = state[1] + SLACK_M
        elif reach >= enough:
            break
        else:
            reach = 2.0 * reach + grid[0] / 2.0
    return state


@njit(cache=True, nogil=True)
def _lowest_row(
    offset: NDArray[np.int64],
    near: NDArray[np.float64],
    grid: tuple[float, int, int],
    point: tuple[float, float],
    within_m: float,
) -> int:
    """Entry of the lowest segment row among all within a distance: the tie rule."""
    found = -1
    left, right, low, high = _block(grid, point, within_m + SLACK_M)
    for row in range(low, high + 1):
        cell = row * grid[1]
        for k in range(offset[cell + left], offset[cell + right + 1]):
            squared = _foot(near, k, point[0], point[1])[0]
            if math.sqrt(squared) > within_m:
                continue
            if found < 0 or near[k, 5] < near[found, 5]:
                found = k
            elif near[k, 5] == near[found, 5]:
                nearer = squared < _foot(near, found, point[0], point[1])[0]
                found = k if nearer else found
    return found


@njit(cache=True, nogil=True)
def _by_row(points: NDArray[np.float64], cell_m: float, n_rows: int) -> NDArray[np.int64]:
    """Order points by the row of their cell, so that neighbours in turn share cached memory."""
    n = len(points)
    row = np.zeros(n, np.int64)
    start = np.zeros(n_rows + 1, np.int64)
    for i in range(n):
        if abs(points[i, 1]) < FARTHEST_M:
            row[i] = _cell(points[i, 1], cell_m, n_rows)
        start[row[i] + 1] += 1
    start = np.cumsum(start)
    order = np.empty(n, np.int64)
    for i in range(n):
        order[start[row[i]]] = i
        start[row[i]] += 1
    return order


@njit(cache=True, nogil=True)
def nearest_entries(
    offset: NDArray[np.int64],
    near: NDArray[np.float64],
    grid: tuple[float, int, int],
    points: NDArray[np.float64],
    max_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Find the entry of the cells' list that is nearest to each point.

    Parameters
    ----------
    offset
        The entries of each cell: ``offset[cell]:offset[cell + 1]``.
    near
        ``(n_entries, 6)`` x0, y0, dx, dy, 1 / length squared and segment of each entry's piece.
    grid
        Side of a cell in metres, columns, rows.
    points
        ``(n, 2)`` metres from the grid's corner.
    max_m
        Farther pieces are not found.

    Returns
    -------
    tuple
        Entry (-1 where none), share of its piece before the foot, distance in metres (infinite
        where none).
    """
    n = len(points)
    entry = np.full(n, -1, np.int64)
    along = np.zeros(n)
    distance_m = np.full(n, np.inf)
    for i in _by_row(points, grid[0], grid[2]):
        px, py = points[i, 0], points[i, 1]
        if not (abs(px) < FARTHEST_M and abs(py) < FARTHEST_M):
            continue
        k, best, tied = _search(offset, near, grid, (px, py), max_m)
        if tied:
            k = _lowest_row(offset, near, grid, (px, py), min(best + TIE_M, max_m))
        if k >= 0:
            squared, along[i] = _foot(near, k, px, py)
            entry[i], distance_m[i] = k, math.sqrt(squared)
    return entry, along, distance_m
