"""From what a row says of its time to the earliest and latest moment it can have happened.

Rules, each of which the tests hold:

- A day without a time begins at local midnight and ends at the next; a month likewise.
- The precision is ``month`` where either end says only a month, ``day`` where neither end says a
  time of day, ``exact`` where both ends are one moment, else ``interval``.
- A missing end is the start; a missing start is the end.
- A local time that does not exist (the clocks go forward) is set aside. One that exists twice
  (they go back) begins at its earlier and ends at its later reading: an interval of an hour.
- A written UTC offset is used, unless the area file says that it is false.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from corridors.domain.vocabulary import TimePrecision
from corridors.sources.incidents_clock import join_date_time, read_moments
from corridors.sources.incidents_reasons import first_reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from corridors.sources.incidents_clock import Moments

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

__all__ = ["LONG_INTERVAL_H", "Timed", "end_of_day_s", "time_incidents"]

LONG_INTERVAL_H = 24.0
"""Intervals longer than this are counted in a note."""

_DAY_S = 86400
_MANY_MIDNIGHTS = 0.05
"""Even times rounded to the hour are midnight in one of 24 rows only."""


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """Times of a table's rows, with the rows that have none.

    Parameters
    ----------
    starts_s, ends_s
        Earliest and latest moment, seconds since 1970 UTC; 0 where there is a reason.
    precision
        A word of `TimePrecision` for each row.
    reason
        Why the row is set aside, or "".
    notes
        How ambiguous things were read, as plain sentences with counts.
    """

    starts_s: Ints
    ends_s: Ints
    precision: NDArray[np.object_]
    reason: NDArray[np.object_]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Bounds:
    """Earliest and latest reading of one column, seconds since 1970 UTC."""

    earliest_s: Ints
    latest_s: Ints
    is_twice: Bools
    is_never: Bools


def time_incidents(
    start: Sequence[pd.Series],
    end: Sequence[pd.Series],
    *,
    timezone: str,
    ignore_utc_offset: bool = False,
    limit_s: int | None = None,
) -> Timed:
    """Find when each row happened.

    Parameters
    ----------
    start
        Text of the column that says when it began, or of its date and its time.
    end
        The same for when it ended; empty where the file says none.
    timezone
        IANA name: where local times are local.
    ignore_utc_offset
        Take the written clock as local, whatever offset follows it.
    limit_s
        Rows that may have happened after this moment (see `end_of_day_s`) are set aside.
    """
    columns = [_one_column(side) for side in (start, end) if side]
    moments = read_moments(columns)
    by_side = iter(moments)
    first = next(by_side) if start else _blank_like(moments[0])
    last = next(by_side) if end else _blank_like(moments[0])
    bounds = [
        _bounds_of(side, timezone, ignore_utc_offset=ignore_utc_offset) for side in (first, last)
    ]
    return _combine(first, last, bounds[0], bounds[1], limit_s)


def end_of_day_s(day: date, timezone: str) -> int:
    """Give the local midnight that ends a day, in seconds since 1970 UTC."""
    after = np.array([np.datetime64(day, "D") + np.timedelta64(1, "D")])
    return int(_midnights(after, timezone)[0])


def _one_column(side: Sequence[pd.Series]) -> pd.Series:
    if len(side) == 1:
        return side[0]
    return join_date_time(side[0], side[1])


def _blank_like(moments: Moments) -> Moments:
    n_rows = len(moments.blank)
    nothing = np.zeros(n_rows, np.bool_)
    zero = np.zeros(n_rows, np.int64)
    return type(moments)(
        ~nothing, nothing, zero.astype("datetime64[D]"), zero, nothing, nothing, zero, nothing
    )


def _bounds_of(moments: Moments, timezone: str, *, ignore_utc_offset: bool) -> _Bounds:
    clock_s = moments.day.astype("datetime64[s]").astype(np.int64) + moments.second
    by_offset = moments.has_offset & moments.has_time & (not ignore_utc_offset)
    # What is set aside or has its own offset must not meet a clock change: noon of a plain day.
    is_local = moments.readable & moments.has_time & ~by_offset
    early_s, late_s, is_never = _readings(np.where(is_local, clock_s, _DAY_S // 2), timezone)
    absolute_s = clock_s - moments.offset_s
    early_s = np.where(by_offset, absolute_s, early_s)
    late_s = np.where(by_offset, absolute_s, late_s)
    begins_s, ends_s = _whole_days(moments, timezone)
    return _Bounds(
        np.where(moments.has_time, early_s, begins_s),
        np.where(moments.has_time, late_s, ends_s),
        is_local & (early_s != late_s),
        is_local & is_never,
    )


def _readings(clock_s: Ints, timezone: str) -> tuple[Ints, Ints, Bools]:
    """Give the earlier and later UTC reading of local clock times, and which do not exist."""
    clock = pd.DatetimeIndex(clock_s.astype("datetime64[s]"))
    readings = []
    for is_summer in (True, False):
        ambiguous = np.full(len(clock), is_summer)
        local = clock.tz_localize(timezone, ambiguous=ambiguous, nonexistent="NaT")
        readings.append(local.tz_convert("UTC").tz_localize(None))
    is_never = np.asarray(readings[0].isna(), np.bool_)
    one, other = (
        np.where(is_never, 0, reading.to_numpy("datetime64[s]").astype(np.int64))
        for reading in readings
    )
    return np.minimum(one, other), np.maximum(one, other), is_never


def _whole_days(moments: Moments, timezone: str) -> tuple[Ints, Ints]:
    """Give the local midnights that begin and end the day, or the month, of each row."""
    month = moments.day.astype("datetime64[M]")
    after_month = (month + np.timedelta64(1, "M")).astype("datetime64[D]")
    after = np.where(moments.has_day, moments.day + np.timedelta64(1, "D"), after_month)
    return _midnights(moments.day, timezone), _midnights(after, timezone)


def _midnights(days: NDArray[np.datetime64], timezone: str) -> Ints:
    codes, distinct = pd.factorize(days)
    index = pd.DatetimeIndex(distinct).as_unit("s")
    # Where midnight itself is skipped the day begins when the clocks have gone forward.
    local = index.tz_localize(
        timezone, ambiguous=np.ones(len(index), np.bool_), nonexistent="shift_forward"
    )
    utc = local.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[s]").astype(np.int64)
    return utc[codes]


def _combine(
    first: Moments, last: Moments, begin: _Bounds, end: _Bounds, limit_s: int | None
) -> Timed:
    only_end = first.blank & ~last.blank
    only_start = last.blank & ~first.blank
    starts_s = np.where(only_end, end.earliest_s, begin.earliest_s)
    ends_s = np.where(only_start, begin.latest_s, end.latest_s)
    is_bad = (~first.blank & ~first.readable) | (~last.blank & ~last.readable)
    # A day without a time ends at the next midnight, which is no longer part of it.
    ends_with_day = ~last.blank & ~last.has_time
    is_backward = (starts_s > ends_s) | (ends_with_day & (starts_s == ends_s))
    is_late = np.zeros_like(is_bad) if limit_s is None else ends_s > limit_s
    if limit_s is not None:
        is_late |= starts_s >= limit_s
    reason = first_reason(
        len(is_bad),
        [
            ("no_time", first.blank & last.blank),
            ("bad_time", is_bad),
            ("nonexistent_local_time", begin.is_never | end.is_never),
            ("ends_before_start", is_backward),
            ("after_as_of", is_late),
        ],
    )
    precision = _precision_of(first, last, starts_s == ends_s)
    good = reason == ""
    return Timed(
        np.where(good, starts_s, 0),
        np.where(good, ends_s, 0),
        precision,
        reason,
        _notes(first, last, (begin.is_twice | end.is_twice) & good, only_end & good),
    )


def _precision_of(first: Moments, last: Moments, is_moment: Bools) -> NDArray[np.object_]:
    says_month = (~first.blank & ~first.has_day) | (~last.blank & ~last.has_day)
    says_clock = (~first.blank & first.has_time) | (~last.blank & last.has_time)
    words = np.where(is_moment, TimePrecision.EXACT.value, TimePrecision.INTERVAL.value)
    words = np.where(says_clock, words, TimePrecision.DAY.value)
    return np.where(says_month, TimePrecision.MONTH.value, words).astype(object)


def _notes(first: Moments, last: Moments, is_twice: Bools, only_end: Bools) -> tuple[str, ...]:
    notes = []
    if first.month_first:
        notes.append("Dates such as 05/31/2018 are read with the month first, in the whole file.")
    for moments, name in ((first, "start"), (last, "end")):
        if moments.only_midnight:
            notes.append(f"Every time of the {name} is midnight: read as days without a time.")
    timed = first.readable & first.has_time
    n_timed, n_midnight = int(timed.sum()), int((timed & (first.second == 0)).sum())
    if n_midnight > _MANY_MIDNIGHTS * n_timed:
        notes.append(
            f"{n_midnight:,} of {n_timed:,} start times are exactly midnight, which often stands "
            "for a time that is not known."
        )
    if n := int(only_end.sum()):
        notes.append(f"{n} rows say only when they ended: taken as the time.")
    if n := int(is_twice.sum()):
        notes.append(
            f"{n} rows have a local time that exists twice (the clocks went back): "
            "they begin at the earlier and end at the later reading."
        )
    return tuple(notes)
