"""The roster: which posts are there, when, and with whom they walk. Posts, never persons."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from corridors.domain.calendar import WEEKDAYS
from corridors.domain.tables import ROSTER
from corridors.errors import Problem, SourceError
from corridors.sources.headers import find_column, require_columns
from corridors.sources.roster_partners import (
    known_words,
    of_every_row,
    parse_partners,
    stuck_posts,
)
from corridors.sources.setting_aside import account_for, first_reason
from corridors.sources.tabular import read_table
from corridors.sources.tabular_text import fold_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from corridors.domain.inputs import InputRecord

__all__ = ["RosterRead", "parse_clock", "parse_weekdays", "read_roster"]

_COLUMNS = (
    "post_id",
    "role",
    "organisation",
    "weekdays",
    "from",
    "to",
    "walks_with_police",
    "max_patrols_week",
)
_PARTNERS = ("refuses", "walks_only_with")
_SEPARATORS = re.compile(r"[;,/\s]+")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?")
_FLAGS = {"true": True, "yes": True, "y": True, "1": True}
_FLAGS |= {"false": False, "no": False, "n": False, "0": False}
_MAX_PATROLS = 50
_DAY_MIN = 24 * 60
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class RosterRead:
    """The roster of an area.

    Parameters
    ----------
    table
        `corridors.domain.tables.ROSTER`, by post id, index 0..n-1.
    record
        The account of the file.
    set_aside
        `corridors.domain.tables.SET_ASIDE`.
    """

    table: pd.DataFrame
    record: InputRecord
    set_aside: pd.DataFrame


class _Cells(NamedTuple):
    """The parsed cells; None, or -1 for minutes and numbers, where a cell cannot be read."""

    weekdays: list[str | None]
    from_min: NDArray[np.int64]
    to_min: NDArray[np.int64]
    walks: list[bool | None]
    most: NDArray[np.int64]
    refuses: list[str | None]
    only_with: list[str | None]


def read_roster(
    path: Path,
    known_roles: Collection[str] | None = None,
    *,
    school_ids: Collection[str] | None = None,
    shown: str | None = None,
) -> RosterRead:
    """Read the roster.

    Parameters
    ----------
    path
        A table with the columns ``post_id role organisation weekdays from to walks_with_police
        max_patrols_week`` and, where they are wanted, ``school_id``, ``refuses`` and
        ``walks_only_with`` (several words separated by ``;``).
    known_roles
        Role ids, or the roles by id; None accepts any.
    school_ids
        Ids of the schools that were read, to note those that the roster alone knows.
    shown
        How the record and messages call the file; by default its name.

    Returns
    -------
    RosterRead
        Rows set aside as ``blank_id``, ``unknown_role``, ``blank_organisation``,
        ``bad_weekday``, ``bad_time``, ``ends_before_start``, ``bad_flag``, ``bad_number``,
        ``unknown_partner``, ``duplicate_post_id``, ``refused_partner``, or damaged as rows. Of a
        post that is listed twice the first good row counts, but a refusal holds from whichever
        row says it.

    Raises
    ------
    SourceError
        When the file cannot be read or lacks a column.
    """
    where = shown or path.name
    raw = read_table(path, shown=where)
    if raw.is_blank:
        mend = f"Give a table with the columns {', '.join(_COLUMNS)}."
        raise SourceError(Problem(where, "The file is empty.", mend))
    columns = require_columns(raw.frame.columns, {name: name for name in _COLUMNS}, where)
    text = raw.frame[[columns[name] for name in _COLUMNS]].set_axis(list(_COLUMNS), axis=1)
    text = text.apply(fold_text)
    words = known_words(text, known_roles)
    for name in _PARTNERS:
        column = find_column(raw.frame.columns, name)
        text[name] = fold_text(raw.frame[column]) if column else ""
    cells = _parse(text, words)
    reasons = _reasons(text, cells, known_roles)
    used, reason = first_reason(len(text), reasons)
    repeated = np.zeros(len(text), bool)
    repeated[used] = text["post_id"][used].duplicated().to_numpy(bool)
    reason[repeated] = "duplicate_post_id"
    used &= ~repeated
    tied = find_column(raw.frame.columns, "school_id")
    schools = _school_lists(raw.frame[tied]) if tied else pd.Series("", text.index, dtype="str")
    whole = _table(text, cells, schools)
    stuck = stuck_posts(whole[used], known_roles)
    stuck_rows = used & whole["post_id"].isin(stuck).to_numpy(bool)
    reason[stuck_rows] = "refused_partner"
    used &= ~stuck_rows
    table = whole[used].sort_values("post_id", kind="stable", ignore_index=True)
    ROSTER.check(table)
    record, set_aside = account_for(raw, where, reason, _notes(table, school_ids))
    return RosterRead(table, record, set_aside)


def parse_weekdays(text: str) -> str | None:
    """Read days such as ``mon;tue``, ``Mon-Fri`` or ``monday, wednesday``.

    Returns
    -------
    str or None
        ``mon;tue;...`` in the order of the week; None where a word is no day.
    """
    days: set[int] = set()
    compact = re.sub(r"\s*[-–]\s*", "-", text.strip().casefold())
    for part in filter(None, _SEPARATORS.split(compact)):
        ends = [_weekday(word) for word in part.split("-")]
        first, last = ends[0], ends[-1]
        if len(ends) > 2 or first is None or last is None:
            return None
        days |= {(first + n) % 7 for n in range((last - first) % 7 + 1)}
    return ";".join(WEEKDAYS[day] for day in sorted(days)) or None


_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _weekday(word: str) -> int | None:
    """Read one day by its first letters, three at least: mon, tues, thursday."""
    if len(word) < 3:
        return None
    return next((n for n, name in enumerate(_FULL) if name.startswith(word)), None)


def parse_clock(text: str) -> int | None:
    """Read a time of day such as 15:05 as minutes after midnight; 24:00 is the day's end."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None or not text.isascii():
        return None
    hour, minute = int(found.group(1)), int(found.group(2))
    total = hour * 60 + minute
    return total if minute < 60 and total <= _DAY_MIN else None


def _parse_number(text: str) -> int | None:
    plain = text.strip().removesuffix(".0")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 3):
        return None
    return int(plain) if int(plain) <= _MAX_PATROLS else None


def _parse(text: pd.DataFrame, words: Mapping[str, tuple[str, ...]]) -> _Cells:
    return _Cells(
        weekdays=_each(text["weekdays"], parse_weekdays),
        from_min=_ints(_each(text["from"], parse_clock)),
        to_min=_ints(_each(text["to"], parse_clock)),
        walks=_each(text["walks_with_police"], lambda cell: _FLAGS.get(cell.casefold())),
        most=_ints(_each(text["max_patrols_week"], _parse_number)),
        refuses=_each(text["refuses"], lambda cell: parse_partners(cell, words)),
        only_with=_each(text["walks_only_with"], lambda cell: parse_partners(cell, words)),
    )


def _each(cells: pd.Series, parse: Callable[[str], _T]) -> list[_T]:
    """Parse each distinct cell once."""
    codes, distinct = pd.factorize(cells)
    parsed = [parse(cell) for cell in distinct]
    return [parsed[code] for code in codes]


def _ints(values: list[int | None]) -> NDArray[np.int64]:
    return np.array([-1 if value is None else value for value in values], np.int64)


def _reasons(
    text: pd.DataFrame, cells: _Cells, known_roles: Collection[str] | None
) -> dict[str, NDArray[np.bool_]]:
    known = text["role"].isin(list(known_roles)) if known_roles is not None else text["role"] != ""
    no_time = (cells.from_min < 0) | (cells.to_min < 0)
    return {
        "blank_id": (text["post_id"] == "").to_numpy(bool),
        "unknown_role": ~known.to_numpy(bool),
        "blank_organisation": (text["organisation"] == "").to_numpy(bool),
        "bad_weekday": np.array([days is None for days in cells.weekdays], bool),
        "bad_time": no_time,
        "ends_before_start": ~no_time & (cells.to_min <= cells.from_min),
        "bad_flag": np.array([walks is None for walks in cells.walks], bool),
        "bad_number": cells.most < 0,
        "unknown_partner": np.array(
            [None in pair for pair in zip(cells.refuses, cells.only_with, strict=True)], bool
        ),
    }


def _school_lists(cells: pd.Series) -> pd.Series:
    """Write the schools of each post as ``P001;P002``."""
    return cells.str.replace(r"\s*;[;\s]*", ";", regex=True).str.strip("; ")


def _table(text: pd.DataFrame, cells: _Cells, schools: pd.Series) -> pd.DataFrame:
    """Make the table of every row; what cannot be read is blank or -1."""
    refuses = np.array([walks is False for walks in cells.walks], bool)
    refusers = text["post_id"].isin(text["post_id"][refuses]).to_numpy(bool)
    return pd.DataFrame(
        {
            "post_id": text["post_id"],
            "role": text["role"],
            "organisation": text["organisation"],
            "school_ids": schools,
            "weekdays": pd.Series([days or "" for days in cells.weekdays], dtype="str"),
            "from_min": cells.from_min,
            "to_min": cells.to_min,
            "walks_with_police": ~refusers,
            "max_patrols_week": cells.most,
            "refuses": of_every_row(text["post_id"], cells.refuses),
            "walks_only_with": pd.Series([words or "" for words in cells.only_with], dtype="str"),
        }
    )


def _notes(table: pd.DataFrame, school_ids: Collection[str] | None) -> tuple[str, ...]:
    if school_ids is None:
        return ()
    tied = table["school_ids"].str.split(";").explode()
    unknown = tied[(tied != "") & ~tied.isin(list(school_ids))]
    if not len(unknown):
        return ()
    return (
        f"Schools that posts are tied to and that are not among those read: {unknown.nunique()}.",
    )
