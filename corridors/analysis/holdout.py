"""Hold-out: how much of what came later falls on the streets that a forecast ranks first.

Measures: hit rate at a share of street length; prediction accuracy index, hit rate over length
share (Chainey, Tompson and Uhlig 2008); prediction efficiency index, hit rate over the best one
possible in hindsight (Hunt 2016).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LENGTH_SHARES", "hit_intervals", "top_parts", "walk_parts"]

LENGTH_SHARES = (0.01, 0.02, 0.05, 0.10)
_RUNS_AT_ONCE = 50  # so that the draws of a large area fit in memory


def top_parts(
    density: NDArray[np.float64],
    length_m: NDArray[np.float64],
    is_counted: NDArray[np.bool_],
    budgets_m: Sequence[float],
) -> NDArray[np.float64]:
    """Give the part of each segment that belongs to the highest ranked length.

    Segments of equal density share what is left of the length evenly, so that no forecast gains
    or loses by the order of the rows: that is the expected value of drawing among them.

    Parameters
    ----------
    density
        ``(n_segments,)`` the higher, the earlier.
    length_m
        ``(n_segments,)``.
    is_counted
        ``(n_segments,)`` segments in the denominator: covered, and within reach where that is
        asked.
    budgets_m
        Lengths to choose.

    Returns
    -------
    array
        ``(n_segments, n_budgets)`` parts from 0 to 1.
    """
    parts = np.zeros((len(length_m), len(budgets_m)))
    rows = np.flatnonzero(is_counted)
    if not len(rows):
        return parts
    _, group = np.unique(-density[rows], return_inverse=True)
    group_m = np.bincount(group, length_m[rows])
    before_m = np.cumsum(group_m) - group_m
    for level, budget_m in enumerate(budgets_m):
        taken = np.clip((budget_m - before_m) / np.maximum(group_m, 1e-12), 0.0, 1.0)
        parts[rows, level] = taken[group]
    return parts


def walk_parts(
    order: Sequence[NDArray[np.int32]],
    length_m: NDArray[np.float64],
    is_counted: NDArray[np.bool_],
    budgets_m: Sequence[float],
) -> NDArray[np.float64]:
    """Give the part of each segment that corridors, taken one after the other, hold by a length.

    The corridor with which a length is reached counts in part. Streets that the sources do not
    cover, and those of an earlier corridor, add nothing.

    Parameters
    ----------
    order
        Rows of the segments of each corridor, the first to be chosen first.
    length_m, is_counted, budgets_m
        As in `top_parts`.

    Returns
    -------
    array
        ``(n_segments, n_budgets)``; NaN where all corridors together are shorter than a length.
    """
    first = np.full(len(length_m), len(order), np.int64)
    for number, rows in reversed(list(enumerate(order))):
        first[rows] = number
    inside = is_counted & (first < len(order))
    parts = top_parts(-first.astype(np.float64), length_m, inside, budgets_m)
    total_m = float(length_m[inside].sum())
    for level, budget_m in enumerate(budgets_m):
        if total_m < budget_m:
            parts[:, level] = np.nan
    return parts


def hit_intervals(
    test: NDArray[np.float64],
    parts: NDArray[np.float64],
    n_effective: int,
    n_runs: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give hit rates, and those of bootstrap runs over the test incidents.

    A run draws as many incidents anew, and where an incident is spread over segments it is put on
    one of them by its shares: so the runs hold the doubt of place too.

    Parameters
    ----------
    test
        ``(n_segments,)`` test incidents on each segment, in parts where they are spread.
    parts
        ``(n_segments, n)`` from `top_parts` or `walk_parts`, side by side.
    n_effective
        Number of incidents to draw.
    n_runs
        Bootstrap runs.
    rng
        Seeded.

    Returns
    -------
    hit_rate, runs
        ``(n,)`` and ``(n_runs, n)``. Methods share the draws, so differences may be taken.
    """
    held = np.flatnonzero(test > 0)
    probability = test[held] / test[held].sum()
    there = parts[held]
    runs = np.empty((n_runs, parts.shape[1]))
    for first in range(0, n_runs, _RUNS_AT_ONCE):
        n = min(_RUNS_AT_ONCE, n_runs - first)
        drawn = rng.multinomial(n_effective, probability, size=n)
        runs[first : first + n] = (drawn / n_effective) @ there
    return probability @ there, runs
