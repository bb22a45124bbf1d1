"""Improving a corridor on the street graph by taking parts out and joining the rest anew.

One move takes a segment out, and with it what then hangs loose, or only the part of that up to
another segment; the loose rest is joined again by the best streets that fit, and what length is
left is filled with further branches. Moves are made while one helps.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corridors.analysis.corridor_kernels import (
    Labels,
    Streets,
    branches_of,
    fill_up,
    grow_labels,
)

__all__ = ["improve", "spread"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

REACH_SHARE = 0.4
"""Of the budget: the longest way by which what hangs loose is joined again, and the most that is
thrown away at once."""
GAIN = 1e-9
"""Relative: a move that gains less is not made."""


@njit(cache=True)
def spread(
    streets: Streets, chosen: BoolArray, start: int, without: int, reached: BoolArray
) -> None:
    """Mark the nodes that hang together with one by chosen segments, one of them left out."""
    waiting = np.empty(reached.size, np.int64)
    reached[start] = True
    waiting[0] = start
    n = 1
    while n:
        n -= 1
        node = waiting[n]
        for arc in range(streets.offset[node], streets.offset[node + 1]):
            segment, end = streets.via[arc], streets.neighbour[arc]
            if chosen[segment] and segment != without and not reached[end]:
                reached[end] = True
                waiting[n] = end
                n += 1


@njit(cache=True)
def _total(values: FloatArray, rows: IntArray) -> float:
    total = 0.0
    for row in rows:
        total += values[row]
    return total


@njit(cache=True)
def improve(
    streets: Streets,
    chosen: BoolArray,
    budget_m: float,
    max_branches: int,
    step_m: float,
    max_moves: int,
    labels: Labels,
) -> float:
    """Fill a corridor up and make the best move, again and again; give its prize.

    Parameters
    ----------
    streets
        The neighbourhood.
    chosen
        ``(m,)`` connected with node 0, within budget and branches; changed in place.
    budget_m
        Greatest length, without the gate's own segment.
    max_branches, step_m
        Of the corridor; lengths within a step compete (see `grow_labels`).
    max_moves
        Moves at most.
    labels
        Room to work in.
    """
    left_m = budget_m - _total(streets.length_m, np.flatnonzero(chosen))
    fill_up(streets, chosen, left_m, max_branches, step_m, labels)
    prize = _total(streets.prize, np.flatnonzero(chosen))
    for _ in range(max_moves):
        best, best_prize = chosen, prize * (1.0 + GAIN)
        for segment in np.flatnonzero(chosen):
            tried = _without(streets, chosen, int(segment))
            lost_m = _total(streets.length_m, np.flatnonzero(chosen & ~tried))
            if lost_m <= REACH_SHARE * budget_m:
                best, best_prize = _if_better(
                    streets, tried, best, best_prize, budget_m, max_branches, step_m, labels
                )
            joined = _join_anew(
                streets, chosen, tried, int(segment), budget_m, max_branches, step_m, labels
            )
            if (joined == tried).all():
                continue
            best, best_prize = _if_better(
                streets, joined, best, best_prize, budget_m, max_branches, step_m, labels
            )
        if best_prize <= prize * (1.0 + GAIN):
            break
        chosen[:] = best
        prize = best_prize
    return prize


@njit(cache=True)
def _without(streets: Streets, chosen: BoolArray, segment: int) -> BoolArray:
    """Give what stays with the gate when a segment is taken out."""
    reached = np.zeros(streets.offset.size - 1, np.bool_)
    spread(streets, chosen, 0, segment, reached)
    kept = np.zeros(chosen.size, np.bool_)
    for row in np.flatnonzero(chosen):
        kept[row] = row != segment and reached[streets.u[row]]
    return kept


@njit(cache=True)
def _if_better(
    streets: Streets,
    tried: BoolArray,
    best: BoolArray,
    best_prize: float,
    budget_m: float,
    max_branches: int,
    step_m: float,
    labels: Labels,
) -> tuple[BoolArray, float]:
    rows = np.flatnonzero(tried)
    degree = np.zeros(streets.offset.size - 1, np.int64)
    if branches_of(streets, rows, degree) > max_branches:
        return best, best_prize
    filled = tried.copy()
    left_m = budget_m - _total(streets.length_m, rows)
    fill_up(streets, filled, left_m, max_branches, step_m, labels)
    prize = _total(streets.prize, np.flatnonzero(filled))
    if prize > best_prize:
        return filled, prize
    return best, best_prize


@njit(cache=True)
def _join_anew(
    streets: Streets,
    chosen: BoolArray,
    kept: BoolArray,
    segment: int,
    budget_m: float,
    max_branches: int,
    step_m: float,
    labels: Labels,
) -> BoolArray:
    """Join what hangs loose without a segment, or the end of it, to the rest in the best way."""
    rows = np.flatnonzero(chosen)
    loose = np.array([row for row in rows if not kept[row] and row != segment])
    best = kept.copy()
    if loose.size == 0:
        return best
    kept_rows = np.flatnonzero(kept)
    n_nodes = streets.offset.size - 1
    degree = np.zeros(n_nodes, np.int64)
    branches_of(streets, kept_rows, degree)
    on_it = degree > 0
    on_it[0] = True
    kept_m, best_prize = _total(streets.length_m, kept_rows), _total(streets.prize, kept_rows)
    reach_m = min(budget_m - kept_m, REACH_SHARE * budget_m)
    n = grow_labels(streets, kept, on_it, on_it, reach_m, step_m, labels)
    is_loose = chosen & ~kept
    is_loose[segment] = False
    start = streets.u[segment] if not on_it[streets.u[segment]] else streets.v[segment]
    near = np.zeros(n_nodes, np.bool_)
    for cut in np.append(loose, -1):
        # the loose part beyond the cut, or all of it
        near[:] = False
        spread(streets, is_loose, start, cut, near)
        end = np.zeros(n_nodes, np.bool_)
        if cut < 0:
            end[:] = near
        else:
            far = streets.u[cut] if not near[streets.u[cut]] else streets.v[cut]
            if near[far]:
                continue
            spread(streets, is_loose, far, cut, end)
        end_rows = np.array([row for row in loose if row != cut and end[streets.u[row]]])
        if end_rows.size == 0:
            continue
        tried = _joined(
            streets,
            kept,
            kept_m,
            end,
            end_rows,
            budget_m,
            labels,
            n,
        )
        tried_rows = np.flatnonzero(tried)
        prize = _total(streets.prize, tried_rows)
        if prize > best_prize and branches_of(streets, tried_rows, degree) <= max_branches:
            best, best_prize = tried, prize
    return best


@njit(cache=True)
def _joined(
    streets: Streets,
    kept: BoolArray,
    kept_m: float,
    end: BoolArray,
    end_rows: IntArray,
    budget_m: float,
    labels: Labels,
    n: int,
) -> BoolArray:
    """Join a loose end by the walk with the most prize that fits."""
    left_m = budget_m - kept_m - _total(streets.length_m, end_rows)
    top = -1
    for at in range(n):
        if (
            labels.segment[at] >= 0
            and labels.node[at] >= 0
            and end[labels.node[at]]
            and labels.length_m[at] <= left_m + 1e-9
            and (top < 0 or labels.prize[at] > labels.prize[top])
        ):
            top = at
    tried = kept.copy()
    if top >= 0:
        while labels.segment[top] >= 0:
            tried[labels.segment[top]] = True
            top = labels.before[top]
        for row in end_rows:
            tried[row] = True
    return tried
