"""The calendar of an area file: terms, closures and bells."""

from __future__ import annotations

from datetime import date, time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from corridors.domain.calendar import WEEKDAYS, SchoolCalendar, Term
from corridors.errors import SourceError
from corridors.sources.area_table import Problems, TableReader, as_date
from corridors.sources.calendar import read_bank_holidays, years_without
from corridors.sources.paths import resolve

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["calendar_notes", "take_calendar"]

_EARLIEST_BELL, _LATEST_BELL = time(7), time(20)
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_LONG_TERM_DAYS = 150

NO_DIVISION = "none"
"""For a place outside the gov.uk feed: its holidays are listed under ``inset_days``."""


def take_calendar(
    root: TableReader, base_dir: Path, timezone: str, problems: Problems
) -> tuple[SchoolCalendar | None, str | None]:
    """Take ``[calendar]``.

    Parameters
    ----------
    root
        The area file.
    base_dir
        Its folder.
    timezone
        Of the area.
    problems
        Where problems and notes go.

    Returns
    -------
    SchoolCalendar or None
        None where a problem leaves no calendar to speak of.
    str or None
        The bank holidays file that the area names.
    """
    table = root.table("calendar")
    if table is None:
        problems.add(
            "calendar", "There is no calendar.", "Add [calendar] with terms and default_bell."
        )
        return None, None
    terms = _take_terms(table)
    if not terms:
        table.add("terms", "There is no term.", "Write terms = [{ start = ..., end = ... }].")
    division = table.text("division") or "england-and-wales"
    path = table.text("bank_holidays")
    holidays = _bank_holidays(table, division, path, base_dir, terms)
    inset_days, school_inset_days = _take_inset_days(table)
    default_bell = _take_bell(table, "default_bell")
    bells, day_bells = _take_bells(table)
    school_terms: dict[str, tuple[Term, ...]] = {}
    for entry in table.tables("schools"):
        _take_school(entry, school_terms, school_inset_days)
    table.finish()
    if default_bell is None:
        return None, path
    _note_inset_days(inset_days, terms, problems)
    calendar = SchoolCalendar(
        timezone=timezone,
        terms=terms,
        bank_holidays=holidays,
        inset_days=frozenset(inset_days),
        default_bell=default_bell,
        bells=bells,
        school_terms=school_terms,
        school_inset_days={key: frozenset(days) for key, days in school_inset_days.items()},
        day_bells=day_bells,
    )
    _check_day_bells(calendar, table)
    return calendar, path


def calendar_notes(calendar: SchoolCalendar, school_ids: Collection[str]) -> tuple[str, ...]:
    """Say which schools the calendar speaks of that are not among the schools.

    Parameters
    ----------
    calendar
        Of the area.
    school_ids
        Ids of the schools that were read.

    Returns
    -------
    tuple of str
        At most one sentence.
    """
    named = {school for school, _ in (*calendar.bells, *calendar.day_bells)}
    named |= set(calendar.school_terms) | set(calendar.school_inset_days)
    unknown = sorted(named - set(school_ids))
    if not unknown:
        return ()
    shown = ", ".join(unknown[:10]) + (", ..." if len(unknown) > 10 else "")
    return (
        f"The calendar names {len(unknown)} schools that are not among the schools read: {shown}.",
    )


def _take_terms(table: TableReader) -> tuple[Term, ...]:
    terms: list[Term] = []
    for entry in table.tables("terms"):
        start = entry.day("start", "Give the first day of teaching.")
        end = entry.day("end", "Give the last day of teaching.")
        entry.finish()
        if start is None or end is None:
            continue
        if not _FIRST_YEAR <= start.year <= end.year <= _LAST_YEAR and start <= end:
            entry.add("start", "The years of this term are out of range.", "Check the dates.")
        elif start > end:
            entry.add("end", "The term ends before it starts.", "Exchange or correct the dates.")
        else:
            if (end - start).days > _LONG_TERM_DAYS:
                entry.problems.notes.append(
                    f"{entry.where} runs for {(end - start).days + 1} days: are holidays inside it?"
                )
            terms.append(Term(start, end))
    terms.sort()
    for before, after in pairwise(terms):
        if after.start <= before.end:
            table.add(
                "terms",
                f"Two terms overlap: {before.start} to {before.end}, {after.start} to {after.end}.",
                "Give each day to one term.",
            )
    return tuple(terms)


def _bank_holidays(
    table: TableReader, division: str, path: str | None, base_dir: Path, terms: tuple[Term, ...]
) -> frozenset[date]:
    if division == NO_DIVISION:
        return frozenset()
    file = resolve(base_dir, path) if path else None
    shown = table.key("bank_holidays") if path else table.key("division")
    try:
        holidays = read_bank_holidays(division, file, shown=shown)
    except SourceError as error:
        table.problems.found.extend(error.problems)
        return frozenset()
    years = years_without(holidays, terms)
    if years:
        table.problems.notes.append(
            f"No bank holidays are known for {', '.join(map(str, years))}: name a newer feed under "
            "calendar.bank_holidays, or list the days under inset_days."
        )
    return holidays.days


def _take_inset_days(table: TableReader) -> tuple[set[date], dict[str, set[date]]]:
    """Take days for every school (dates) and for one (tables of school and date)."""
    days: set[date] = set()
    by_school: dict[str, set[date]] = {}
    mend = 'Write dates, or { school = "P001", date = 2026-11-23 }.'
    value = table.raw("inset_days")
    if value is None:
        return days, by_school
    if not isinstance(value, list):
        table.add("inset_days", "This must be a list.", mend)
        return days, by_school
    for n, item in enumerate(value, start=1):
        if isinstance(item, dict):
            entry = TableReader(item, f"{table.key('inset_days')}[{n}]", table.problems)
            school, day = entry.text("school", mend), entry.day("date", mend)
            entry.finish()
            if school is not None and day is not None:
                by_school.setdefault(school, set()).add(day)
            continue
        day = as_date(item)
        if day is None:
            table.add(f"inset_days[{n}]", "This is not a date.", mend)
        else:
            days.add(day)
    return days, by_school


def _take_bell(table: TableReader, key: str) -> time | None:
    if key not in table:
        table.raw(key)
        table.add(key, "This is missing.", "Give the time pupils leave, such as 15:15:00.")
        return None
    bell = table.clock(key)
    if bell is not None and not _EARLIEST_BELL <= bell < _LATEST_BELL:
        table.add(
            key,
            f"A bell at {bell:%H:%M} is in the middle of the night.",
            "Give the time pupils leave, on the 24-hour clock, such as 15:15:00.",
        )
        return None
    return bell


_WeekdayBells = dict[tuple[str, int], time | None]
_DayBells = dict[tuple[str, date], time | None]


def _take_bells(table: TableReader) -> tuple[_WeekdayBells, _DayBells]:
    """Take bells that differ: a date comes before single weekdays, these before the whole week."""
    whole_week: _WeekdayBells = {}
    single_days: _WeekdayBells = {}
    dates: _DayBells = {}
    for entry in table.tables("bells"):
        if not entry.is_table:
            continue
        school = entry.text("school", "Give the id of the school.")
        day = _take_bell_date(entry)
        weekdays = () if "date" in entry else _take_weekdays(entry)
        closed = entry.flag("closed")
        bell: time | None = None
        if not closed:
            bell = _take_bell(entry, "time")
        elif entry.raw("time") is not None:
            entry.add("closed", "A closed day has no bell.", "Keep either closed or time.")
        entry.finish()
        if school is None or (bell is None and not closed):
            continue
        if day is not None:
            if (school, day) in dates:
                entry.add("date", "This school has two bells on a day.", "Keep one of them.")
            dates[school, day] = bell
        bells = single_days if "weekday" in entry else whole_week
        if any((school, weekday) in bells for weekday in weekdays):
            entry.add("weekday", "This school has two bells on a weekday.", "Keep one of them.")
        bells.update({(school, weekday): bell for weekday in weekdays})
    return whole_week | single_days, dates


def _take_bell_date(entry: TableReader) -> date | None:
    """Take the one day for which a bell holds, where there is one."""
    day = entry.day("date")
    if "date" in entry and "weekday" in entry:
        entry.raw("weekday")
        entry.add("date", "A bell is for a date or for weekdays, not both.", "Keep one of them.")
    if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        entry.add("date", "The year of this date is out of range.", "Check the date.")
        return None
    return day


def _take_weekdays(entry: TableReader) -> tuple[int, ...]:
    """Take one weekday or a list; none at all is Monday to Friday."""
    value = entry.raw("weekday")
    if value is None:
        return tuple(range(5))
    days = value if isinstance(value, list) else [value]
    if not days or not all(isinstance(day, str) and day in WEEKDAYS for day in days):
        mend = f"Write one or a list of {', '.join(WEEKDAYS)}, or leave it out for mon to fri."
        entry.add("weekday", "This is not a weekday.", mend)
        return ()
    return tuple(WEEKDAYS.index(day) for day in days)


def _take_school(
    entry: TableReader, terms: dict[str, tuple[Term, ...]], inset_days: dict[str, set[date]]
) -> None:
    """Take one ``[[calendar.schools]]``: terms and INSET days of its own."""
    if not entry.is_table:
        return
    school = entry.text("school", "Give the id of the school.")
    own_terms = _take_terms(entry)
    own_days: Any = entry.raw("inset_days")
    days = [as_date(day) for day in own_days] if isinstance(own_days, list) else []
    if (own_days is not None and not isinstance(own_days, list)) or None in days:
        entry.add("inset_days", "This must be a list of dates.", "Write inset_days = [2026-11-23].")
    entry.finish()
    if school is None:
        return
    if school in terms:
        entry.add("school", "This school is listed twice.", "Keep one table for each school.")
    if own_terms:
        terms[school] = own_terms
    if days:
        inset_days.setdefault(school, set()).update(day for day in days if day is not None)


def _check_day_bells(calendar: SchoolCalendar, table: TableReader) -> None:
    """Refuse a bell on a day without school; note bells outside every term."""
    n_outside = 0
    for (school, day), bell in calendar.day_bells.items():
        timetable = calendar.timetable(school)
        if bell is not None and day in timetable.closed:
            table.add(
                "bells",
                f"On {day} a school has a bell and a bank holiday or INSET day.",
                "Keep the one that is true.",
            )
        n_outside += not any(term.start <= day <= term.end for term in timetable.terms)
    if n_outside:
        table.problems.notes.append(
            f"{n_outside} bells for single days lie outside every term and change nothing."
        )


def _note_inset_days(days: set[date], terms: tuple[Term, ...], problems: Problems) -> None:
    outside = sum(1 for day in days if not any(t.start <= day <= t.end for t in terms))
    if outside:
        problems.notes.append(f"{outside} INSET days lie outside every term and change nothing.")
