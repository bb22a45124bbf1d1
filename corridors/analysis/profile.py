"""In which minutes of the after-school window the weight of incidents lies."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corridors.analysis.timing import Windows

__all__ = ["minute_profile"]

MINUTE_NS = 60_000_000_000


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
