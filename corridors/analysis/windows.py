"""The after-school windows of a timetable, as arrays of UTC moments.

They are made in local time, so a clock change moves them as it moves the bell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from datetime import date, time

    from numpy.typing import NDArray

    from corridors.domain.calendar import Timetable

__all__ = ["Windows", "assumed_day_count", "build_windows", "teaching_days"]

_SECOND_NS = 1_000_000_000
_MINUTE_NS = 60 * _SECOND_NS


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The after-school windows of one timetable, in order, none overlapping the next.

    Parameters
    ----------
    starts_ns, ends_ns
        ``(n,)`` UTC nanoseconds; a window holds its start but not its end.
    weekday
        ``(n,)`` weekday of the bell, Monday is 0.
    utc_offset_ns
        ``(n,)`` local time less UTC at the bell.
    """

    starts_ns: NDArray[np.int64]
    ends_ns: NDArray[np.int64]
    weekday: NDArray[np.int8]
    utc_offset_ns: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts_ns)


def teaching_days(
    timetable: Timetable, first: date, last: date, *, assume_unknown: bool = False
) -> NDArray[np.datetime64]:
    """List the teaching days from first to last, both included, as ``datetime64[D]``.

    The same days as `Timetable.teaching_days`, for many timetables at once. With
    ``assume_unknown`` the weekdays that the terms do not reach count as teaching days:
    `assumed_day_count` tells how many, and the caller must say so.
    """
    days, in_term, unknown = _bell_days(timetable, first, last)
    return days[in_term | unknown] if assume_unknown else days[in_term]


def assumed_day_count(timetable: Timetable, first: date, last: date) -> int:
    """Count the days that would be teaching days by assumption only, both bounds included."""
    return int(_bell_days(timetable, first, last)[2].sum())


def _weekday_of(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    return (days.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday


def _bell_days(
    timetable: Timetable, first: date, last: date
) -> tuple[NDArray[np.datetime64], NDArray[np.bool_], NDArray[np.bool_]]:
    """List the open days with a bell; tell which are in term and which the terms do not reach."""
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    has_bell = np.array([bell is not None for bell in timetable.bells])[_weekday_of(days)]
    own_days = np.array([day for day, _ in timetable.day_bells], "datetime64[D]")
    closed = np.array(sorted(timetable.closed), "datetime64[D]")
    days = days[(has_bell | np.isin(days, own_days)) & ~np.isin(days, closed)]
    if not timetable.terms:
        return days, np.zeros(len(days), bool), np.ones(len(days), bool)
    start = np.array([term.start for term in timetable.terms], "datetime64[D]").astype(np.int64)
    end = np.array([term.end for term in timetable.terms], "datetime64[D]").astype(np.int64)
    day: NDArray[np.int64] = days.astype(np.int64)
    in_term = np.any((day[:, None] >= start) & (day[:, None] <= end), axis=1)
    unknown = np.asarray((day < start.min()) | (day > end.max()))
    return days, in_term, unknown


def build_windows(
    timetable: Timetable,
    first: date,
    last: date,
    *,
    timezone: str,
    before_min: int,
    after_min: int,
    assume_unknown: bool = False,
) -> Windows:
    """Build the windows of all teaching days from first to last, both included.

    A window that would begin before the one of the day before has ended begins where that ends.

    Parameters
    ----------
    timetable
        Terms, closed days and bells of a school.
    first, last
        Bounds, local dates, both included.
    timezone
        IANA name of the area's time zone.
    before_min, after_min
        Minutes before and after the bell.
    assume_unknown
        As for `teaching_days`.

    Raises
    ------
    ValueError
        If the windows would have no length.
    """
    if before_min + after_min <= 0:
        raise ValueError("a window must have a length")
    days = teaching_days(timetable, first, last, assume_unknown=assume_unknown)
    weekday = _weekday_of(days)
    bell_ns = np.array([_since_midnight_ns(bell) for bell in timetable.bells], np.int64)[weekday]
    for day, bell in timetable.day_bells:
        bell_ns[days == np.datetime64(day, "D")] = _since_midnight_ns(bell)
    local_ns = days.astype("datetime64[ns]").astype(np.int64) + bell_ns
    utc_ns = _utc_of(local_ns, timezone)
    starts_ns = utc_ns - before_min * _MINUTE_NS
    ends_ns = utc_ns + after_min * _MINUTE_NS
    starts_ns[1:] = np.maximum(starts_ns[1:], np.maximum.accumulate(ends_ns)[:-1])
    kept = starts_ns < ends_ns
    return Windows(
        starts_ns[kept],
        ends_ns[kept],
        weekday[kept].astype(np.int8),
        (local_ns - utc_ns)[kept],
    )


def _since_midnight_ns(bell: time | None) -> int:
    if bell is None:
        return 0
    return (bell.hour * 60 + bell.minute) * _MINUTE_NS + bell.second * _SECOND_NS


def _utc_of(local_ns: NDArray[np.int64], timezone: str) -> NDArray[np.int64]:
    """Convert local to UTC: of a time that comes twice the first, of a missing one the next."""
    local = pd.DatetimeIndex(local_ns.astype("datetime64[ns]"))
    aware = local.tz_localize(
        timezone, ambiguous=np.ones(len(local), bool), nonexistent="shift_forward"
    )
    return aware.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[ns]").astype(np.int64)
