"""In which minutes of the after-school window the weight of incidents lies."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corridors.analysis.timing import Windows, window_share

__all__ = ["half_hour_names", "half_hour_share", "minute_profile"]

MINUTE_NS = 60_000_000_000
PART_MIN = 30


def half_hour_names(before_min: int, after_min: int) -> tuple[str, ...]:
    """Name the parts of the window: what is before the bell, then each half hour after it."""
    return tuple(
        "before the bell" if high <= 0 else f"{low} to {high} min after the bell"
        for low, high in _half_hours(before_min, after_min)
    )


def _half_hours(before_min: int, after_min: int) -> list[tuple[int, int]]:
    """Give the parts of a window, in minutes from the bell."""
    edges = [*range(0, after_min, PART_MIN), after_min]
    after = list(pairwise(edges))
    return [(-before_min, 0), *after] if before_min > 0 else after


def half_hour_share(
    windows: Windows,
    starts_ns: NDArray[np.int64],
    ends_ns: NDArray[np.int64],
    before_min: int,
    after_min: int,
) -> NDArray[np.float64]:
    """Give the part of each incident that falls in each half hour of the windows.

    Parameters
    ----------
    windows
        The windows of one timetable. One that was cut short is counted from its end.
    starts_ns, ends_ns
        ``(n,)`` earliest and latest time of each incident, UTC nanoseconds.
    before_min, after_min
        Minutes of a whole window before and after the bell.

    Returns
    -------
    ``(n, n_parts)`` float64
        In the order of `half_hour_names`; rows sum to `corridors.analysis.timing.window_share`.
    """
    parts = _half_hours(before_min, after_min)
    share = np.zeros((starts_ns.size, len(parts)))
    bell_ns = windows.ends_ns - after_min * MINUTE_NS
    for number, (low, high) in enumerate(parts):
        opens = np.maximum(bell_ns + low * MINUTE_NS, windows.starts_ns)
        closes = bell_ns + high * MINUTE_NS
        kept = opens < closes
        part = Windows(
            opens[kept], closes[kept], windows.weekday[kept], windows.utc_offset_ns[kept]
        )
        share[:, number] = window_share(part, starts_ns, ends_ns)
    return share


def minute_profile(
    windows: Windows,
    starts_ns: NDArray[np.int64],
    ends_ns: NDArray[np.int64],
    weight: NDArray[np.float64],
    window_min: int,
) -> NDArray[np.float64]:
    """Sum weights over the minutes of the windows, aoristically.

    Parameters
    ----------
    windows
        The windows of the school.
    starts_ns, ends_ns, weight
        ``(n,)`` each incident: earliest and latest time, UTC nanoseconds, and weight.
    window_min
        Minutes of a whole window. One that was cut short is counted from its end.

    Returns
    -------
    ``(window_min,)`` float64
        Sums to the weight that falls in the windows.
    """
    return _profile(windows.ends_ns, starts_ns, ends_ns, weight, window_min)


@njit(cache=True)
def _profile(
    window_ends_ns: NDArray[np.int64],
    starts_ns: NDArray[np.int64],
    ends_ns: NDArray[np.int64],
    weight: NDArray[np.float64],
    window_min: int,
) -> NDArray[np.float64]:
    profile = np.zeros(window_min)
    first = np.searchsorted(window_ends_ns, starts_ns, side="right")
    for i in range(starts_ns.size):
        window = first[i]
        while window < window_ends_ns.size:
            opens = window_ends_ns[window] - window_min * MINUTE_NS
            if opens > ends_ns[i] or (opens == ends_ns[i] and starts_ns[i] < ends_ns[i]):
                break
            if starts_ns[i] == ends_ns[i]:
                profile[(starts_ns[i] - opens) // MINUTE_NS] += weight[i]
                break
            per_ns = weight[i] / (ends_ns[i] - starts_ns[i])
            from_ns = max(starts_ns[i] - opens, 0)
            to_ns = min(ends_ns[i] - opens, window_min * MINUTE_NS)
            minute = from_ns // MINUTE_NS
            while minute < window_min and minute * MINUTE_NS < to_ns:
                begins = max(minute * MINUTE_NS, from_ns)
                finishes = min((minute + 1) * MINUTE_NS, to_ns)
                profile[minute] += per_ns * (finishes - begins)
                minute += 1
            window += 1
    return profile
