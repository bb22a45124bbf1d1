"""How much of an incident falls in a school's after-school windows, and how recent it is.

An incident known only as an interval counts by the part of it inside the windows (aoristic weight:
Ratcliffe 2002; Ashby and Bowers 2013). Moments are UTC nanoseconds since 1970. Month-only incidents
have no share: do not ask for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from corridors.analysis.windows import (
    Windows,
    assumed_day_count,
    build_windows,
    teaching_days,
)

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Windows",
    "assumed_day_count",
    "build_windows",
    "calendar_day_count",
    "hour_share",
    "recency_weight",
    "teaching_day_count",
    "teaching_days",
    "weekday_share",
    "window_share",
]

_HOUR_NS = 3_600_000_000_000
_DAY_NS = 24 * _HOUR_NS


def _interval(starts_ns: ArrayLike, ends_ns: ArrayLike) -> tuple[NDArray[np.int64], ...]:
    starts, ends = np.asarray(starts_ns, np.int64), np.asarray(ends_ns, np.int64)
    if starts.shape != ends.shape or starts.ndim != 1:
        raise ValueError("starts and ends must be arrays of one length")
    if (starts > ends).any() or (starts == np.iinfo(np.int64).min).any():
        raise ValueError("an incident has no time, or ends before it starts")
    return starts, ends


def window_share(windows: Windows, starts_ns: ArrayLike, ends_ns: ArrayLike) -> NDArray[np.float64]:
    """Give the part of each incident that falls in the windows.

    Parameters
    ----------
    windows
        The windows of the school.
    starts_ns, ends_ns
        ``(n,)`` earliest and latest time of each incident, UTC nanoseconds; equal when exact.

    Returns
    -------
    array
        ``(n,)`` shares from 0 to 1. An exact incident has 1 inside a window, its start included
        and its end not, else 0.

    Raises
    ------
    ValueError
        If an incident has no time or ends before it starts.
    """
    starts, ends = _interval(starts_ns, ends_ns)
    if not len(windows):
        return np.zeros(len(starts))
    inside_ns = _time_before(windows, ends) - _time_before(windows, starts)
    last = np.searchsorted(windows.starts_ns, starts, side="right") - 1
    is_inside = (last >= 0) & (starts < windows.ends_ns[last])
    share = inside_ns / np.maximum(ends - starts, 1)
    return np.where(starts == ends, is_inside.astype(np.float64), share)


def _time_before(windows: Windows, moment_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Window time before each moment, in whole nanoseconds: differences of it are exact."""
    long_ns = windows.ends_ns - windows.starts_ns
    before_ns = np.concatenate([[0], np.cumsum(long_ns)])
    last = np.searchsorted(windows.starts_ns, moment_ns, side="right") - 1
    since_ns = np.minimum(moment_ns - windows.starts_ns[last], long_ns[last])
    return np.where(last < 0, 0, before_ns[last] + since_ns)


def weekday_share(
    windows: Windows, starts_ns: ArrayLike, ends_ns: ArrayLike
) -> NDArray[np.float64]:
    """Give the part of each incident that falls in the windows of each weekday.

    Returns
    -------
    array
        ``(n, 7)``, Monday first; rows sum to `window_share`, which gives parameters and errors.
    """
    starts, ends = _interval(starts_ns, ends_ns)
    return _share_by_label(windows.starts_ns, windows.ends_ns, windows.weekday, starts, ends, 7)


def hour_share(windows: Windows, starts_ns: ArrayLike, ends_ns: ArrayLike) -> NDArray[np.float64]:
    """Give the part of each incident that falls in the windows, by local hour of the day.

    Returns
    -------
    array
        ``(n, 24)``, midnight first; rows sum to `window_share`, which gives parameters and errors.
    """
    starts, ends = _interval(starts_ns, ends_ns)
    local_start = windows.starts_ns + windows.utc_offset_ns
    local_end = windows.ends_ns + windows.utc_offset_ns
    first_hour = local_start // _HOUR_NS
    n_hours = (local_end - 1) // _HOUR_NS - first_hour + 1
    window = np.repeat(np.arange(len(windows)), n_hours)
    nth = np.arange(len(window)) - np.repeat(np.cumsum(n_hours) - n_hours, n_hours)
    hour = first_hour[window] + nth
    part_start = np.maximum(hour * _HOUR_NS, local_start[window]) - windows.utc_offset_ns[window]
    part_end = np.minimum((hour + 1) * _HOUR_NS, local_end[window]) - windows.utc_offset_ns[window]
    label = (hour % 24).astype(np.int8)
    return _share_by_label(part_start, part_end, label, starts, ends, 24)


@njit(cache=True, nogil=True)
def _share_by_label(
    part_starts: NDArray[np.int64],
    part_ends: NDArray[np.int64],
    label: NDArray[np.int8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    n_labels: int,
) -> NDArray[np.float64]:
    """Sum the overlap of each incident with parts of windows, by the label of the part."""
    share = np.zeros((len(starts), n_labels))
    first = np.searchsorted(part_ends, starts, side="right")
    for i in range(len(starts)):
        part = first[i]
        if starts[i] == ends[i]:
            if part < len(part_starts) and part_starts[part] <= starts[i]:
                share[i, label[part]] = 1.0
            continue
        long_ns = ends[i] - starts[i]
        while part < len(part_starts) and part_starts[part] < ends[i]:
            inside = min(part_ends[part], ends[i]) - max(part_starts[part], starts[i])
            share[i, label[part]] += inside / long_ns
            part += 1
    return share


def recency_weight(
    moment_ns: ArrayLike, as_of_ns: int, half_life_days: float
) -> NDArray[np.float64]:
    """Give each moment's weight by age: ``2 ** (-age / half_life)``.

    Parameters
    ----------
    moment_ns
        ``(n,)`` UTC nanoseconds, such as the middle of an incident's interval.
    as_of_ns
        The moment up to which incidents are used: the end of the day ``as_of``.
    half_life_days
        Age in days at which an incident weighs half.

    Returns
    -------
    array
        ``(n,)`` weights from 0 to 1; 0 for what is later than ``as_of_ns``, so that no plan is
        made from its own future.
    """
    age_days = (as_of_ns - np.asarray(moment_ns, np.int64)) / _DAY_NS
    return _by_age(age_days, half_life_days)


def _by_age(age_days: NDArray[np.float64], half_life_days: float) -> NDArray[np.float64]:
    if not half_life_days > 0:
        raise ValueError("half_life_days must be over 0")
    return np.where(age_days < 0, 0.0, np.exp2(-np.maximum(age_days, 0.0) / half_life_days))


def teaching_day_count(days: ArrayLike, as_of: date, half_life_days: float) -> float:
    """Count days by recency, as incidents are: the divisor of an intensity per teaching day.

    Parameters
    ----------
    days
        ``(n,)`` dates, such as `teaching_days` gives; days later than ``as_of`` count nothing.
    as_of
        The day up to which incidents are used, whose own weight is 1.
    half_life_days
        Age in days at which a day counts half.
    """
    age = np.datetime64(as_of, "D") - np.asarray(days, "datetime64[D]")
    return float(_by_age(age.astype(np.float64), half_life_days).sum())


def calendar_day_count(first: date, last: date, as_of: date, half_life_days: float) -> float:
    """Count all days from first to last, both included, as `teaching_day_count` does."""
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    return teaching_day_count(days, as_of, half_life_days)
