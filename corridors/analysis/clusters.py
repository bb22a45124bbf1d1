"""Incidents that belong together: what the null hypothesis moves as one.

Real incidents come in bursts: one fight gives three records at one place within an hour. A null
that moved each record by itself would take every burst for a pattern.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["burst_number", "category_stratum"]

NS_PER_H = 3_600_000_000_000


def burst_number(
    place: NDArray[np.int64], middle_ns: NDArray[np.int64], gap_h: float
) -> NDArray[np.int32]:
    """Assign a number to each burst: incidents at one place, close in time.

    Parameters
    ----------
    place
        ``(n,)`` any number that is equal for incidents at the same place.
    middle_ns
        ``(n,)`` UTC nanoseconds.
    gap_h
        Longest gap inside a burst, hours.

    Returns
    -------
    ``(n,)`` int32
        0 to n_bursts - 1, in order of place and time.
    """
    n = place.size
    if n == 0:
        return np.zeros(0, np.int32)
    order = np.lexsort((middle_ns, place))
    is_new = np.ones(n, bool)
    is_new[1:] = (np.diff(place[order]) != 0) | (np.diff(middle_ns[order]) > gap_h * NS_PER_H)
    number = np.empty(n, np.int32)
    number[order] = np.cumsum(is_new) - 1
    return number


def category_stratum(category: NDArray[np.int64], min_bursts: int = 50) -> NDArray[np.int32]:
    """Assign numbers to the categories of bursts; those of fewer than ``min_bursts`` are pooled.

    Each category has hours of its own (shops are robbed of goods by day, pubs have fights by
    night), so the null exchanges times only within a category. Where the small ones together are
    too few as well, the next smallest joins them: a category that is held against its own hours
    alone could never stand out.
    """
    if category.size == 0:
        return np.zeros(0, np.int32)
    _, code, count = np.unique(category, return_inverse=True, return_counts=True)
    pooled = np.cumsum(np.sort(count))
    order = np.argsort(count, kind="stable")
    n_small = int((count < min_bursts).sum())
    while 0 < n_small < count.size and pooled[n_small - 1] < min_bursts:
        n_small += 1
    is_small = np.zeros(count.size, np.bool_)
    is_small[order[:n_small]] = True
    number = np.cumsum(~is_small) - 1
    number[is_small] = (~is_small).sum()
    return number[code].astype(np.int32)
