"""What a column of dates and times says: month, day, time of day and offset of every row.

Every format but one can be read without a guess. The one is the order of day and month in
``05/10/2018``: it is decided once for a file, over all its rows. The day comes first, as in the
United Kingdom, unless no row fits only that order and at least a quarter of the rows fit only the
other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from corridors.sources.incidents_shapes import cut_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Fields = Mapping[str, Ints]

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "Moments",
    "join_date_time",
    "read_moments",
    "without_blanks",
]

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""Years outside are taken for errors: 1900-01-01 and 9999-12-31 stand for "not known"."""

_MIN_ROWS_FOR_ALL_MIDNIGHT = 3
_DAY_S = 86400
_EXCEL_EPOCH = np.datetime64("1899-12-30", "D")
_MAX_OFFSET_S = 18 * 3600
_BLANK = frozenset({"", "nan", "nat", "none", "null", "na", "n/a", "<na>", "-"})


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Dates and times of a column, as far as each says them. Arrays of one length.

    Parameters
    ----------
    blank
        The cell says nothing.
    readable
        The cell is a date of the calendar in 1990 to 2100, with a time of the clock or none.
    day
        Local day, ``datetime64[D]``; the first of the month where only the month is said;
        1970-01-01 where not readable.
    second
        Seconds after local midnight; 0 where no time is said.
    has_day, has_time
        How much is said.
    offset_s
        Seconds that the written clock is ahead of UTC.
    has_offset
        Whether the cell says an offset.
    only_midnight
        Whether all times of the column were midnight, and so taken for no times.
    month_first
        Whether ``05/10/2018`` was read as the tenth of May.
    """

    blank: Bools
    readable: Bools
    day: NDArray[np.datetime64]
    second: Ints
    has_day: Bools
    has_time: Bools
    offset_s: Ints
    has_offset: Bools
    only_midnight: bool = False
    month_first: bool = False


def without_blanks(text: pd.Series) -> pd.Series:
    """Strip the cells, and turn the usual words for nothing ("nan", "None") into the empty text."""
    stripped = text.astype("str").fillna("").str.strip()
    return stripped.where(~stripped.str.lower().isin(_BLANK), "")


def join_date_time(dates: pd.Series, times: pd.Series) -> pd.Series:
    """Join the columns of date and time to one.

    A spreadsheet writes a midnight after every date and a date before every time: both go. A row
    with a date and no time keeps the date; a row without a date says nothing.
    """
    times = without_blanks(times).str.replace(r"^\d{4}-\d{2}-\d{2}[T ]\s*", "", regex=True)
    dates = without_blanks(dates)
    bare = dates.str.replace(r"[T ]00:00(:00(\.0+)?)?(Z|[+-]00:?00)?$", "", regex=True)
    joined = (bare + " " + times).str.strip()
    return joined.where(dates != "", "")


def read_moments(columns: Sequence[pd.Series]) -> tuple[Moments, ...]:
    """Read the columns of dates and times of one file.

    Read are ISO 8601 (``2018-10-05T14:30:00Z``, ``2018-10-05 14:30``, ``2018-10-05``,
    ``2018-10``, ``20181005``), the same with slashes, ``05/10/2018 14:30:00``,
    ``05-Oct-2018 2:30 pm``, and spreadsheet day numbers (``43378.604``). Fractions of a second are
    cut off. Where every time of a column (of three rows or more) is exactly midnight, the column
    holds dates: a spreadsheet added the midnights.

    Parameters
    ----------
    columns
        The cells as text; blank where nothing is said.
    """
    texts = [without_blanks(column) for column in columns]
    cut = [cut_shapes(text) for text in texts]
    month_first = _is_month_first(cut)
    return tuple(
        _moments((text == "").to_numpy(bool), fields, month_first=month_first)
        for text, fields in zip(texts, cut, strict=True)
    )


def _is_month_first(cut: Sequence[Fields]) -> bool:
    n_slashed = only_day_first = only_month_first = 0
    for fields in cut:
        first, second = fields["first"], fields["second"]
        n_slashed += int((first >= 0).sum())
        only_day_first += int(((first > 12) & (second <= 12)).sum())
        only_month_first += int(((second > 12) & (first <= 12)).sum())
    return only_day_first == 0 and 0 < n_slashed <= 4 * only_month_first


def _moments(blank: Bools, fields: Fields, *, month_first: bool) -> Moments:
    month, month_fits = _month_of(fields, month_first=month_first)
    slashed = fields["second" if month_first else "first"]
    number = _first_of(fields["d_iso"], fields["d_run"], fields["d_word"], slashed)
    has_day = number >= 0
    day = month.astype("datetime64[D]") + np.where(has_day, number - 1, 0).astype("timedelta64[D]")
    day_fits = ~has_day | ((number >= 1) & (day.astype("datetime64[M]") == month))
    second, clock_fits = _second_of(fields)
    is_serial = fields["serial"] >= 0
    serial_day, serial_second = _serial_of(fields)
    day = np.where(is_serial, serial_day, day)
    second = np.where(is_serial, serial_second, second)
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    offset_s = _offset_of(fields)
    readable = (fields["matched"] == 0) & (is_serial | (month_fits & day_fits)) & clock_fits
    readable &= (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (abs(offset_s) <= _MAX_OFFSET_S)
    moments = Moments(
        blank=blank,
        readable=readable,
        day=np.where(readable, day, np.datetime64(0, "D")),
        second=second,
        has_day=has_day | is_serial,
        has_time=(fields["hour"] >= 0) | (fields["fraction"] >= 0),
        offset_s=offset_s,
        has_offset=fields["offset"] >= 0,
        month_first=month_first,
    )
    return _without_false_midnights(moments)


def _first_of(*numbers: Ints) -> Ints:
    result = numbers[0]
    for other in numbers[1:]:
        result = np.where(result < 0, other, result)
    return result


def _month_of(fields: Fields, *, month_first: bool) -> tuple[NDArray[np.datetime64], Bools]:
    """Give the month as datetime64[M], and whether it is one of the twelve."""
    year = _first_of(*[fields[f"y_{form}"] for form in ("iso", "run", "end", "word")])
    year = np.where((year >= 0) & (year < 80), year + 2000, year)
    year = np.where((year >= 80) & (year < 100), year + 1900, year)
    slashed = fields["first" if month_first else "second"]
    number = _first_of(fields["m_iso"], fields["m_run"], fields["m_word"], slashed)
    fits = (number >= 1) & (number <= 12)
    months = np.where(fits & (year >= 0), (year - 1970) * 12 + number - 1, 0)
    return months.astype("datetime64[M]"), fits


def _second_of(fields: Fields) -> tuple[Ints, Bools]:
    """Give the seconds after midnight (0 without a time), and whether a clock shows such."""
    hour, minute, second, half = (fields[name] for name in ("hour", "minute", "sec", "half"))
    fits = (hour <= 23) & (minute <= 59) & (second <= 59)
    fits &= (half < 0) | ((hour >= 1) & (hour <= 12))
    hour = np.where(half >= 0, hour % 12 + 12 * half, hour)
    total = np.maximum(hour, 0) * 3600 + np.maximum(minute, 0) * 60 + np.maximum(second, 0)
    return np.where(fits, total, 0), fits


def _serial_of(fields: Fields) -> tuple[NDArray[np.datetime64], Ints]:
    """Read spreadsheet day numbers, to the nearest second."""
    part = np.maximum(fields["fraction"], 0) / 1e15
    seconds = np.rint(part * _DAY_S).astype(np.int64)
    days = np.maximum(fields["serial"], 0) + seconds // _DAY_S
    return _EXCEL_EPOCH + days.astype("timedelta64[D]"), seconds % _DAY_S


def _offset_of(fields: Fields) -> Ints:
    seconds = np.maximum(fields["off_h"], 0) * 3600 + np.maximum(fields["off_min"], 0) * 60
    return np.where(fields["sign"] == 0, -seconds, seconds)


def _without_false_midnights(moments: Moments) -> Moments:
    timed = moments.readable & moments.has_time
    if int(timed.sum()) < _MIN_ROWS_FOR_ALL_MIDNIGHT or moments.second[timed].any():
        return moments
    nothing = np.zeros_like(timed)
    return replace(
        moments,
        has_time=nothing,
        has_offset=nothing,
        offset_s=np.zeros_like(moments.offset_s),
        only_midnight=True,
    )
