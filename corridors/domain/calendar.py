"""Teaching days, bells and after-school windows, in local time across clock changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WEEKDAYS", "SchoolCalendar", "Term", "Timetable", "Window"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """A stretch of teaching, both days included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Window:
    """One after-school window: aware datetimes, local to the area."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Timetable:
    """When one school teaches and when its bell goes. Schools with equal timetables share work."""

    terms: tuple[Term, ...]
    closed: frozenset[date]
    """Bank holidays and INSET days."""
    bells: tuple[time | None, ...]
    """Bell of Monday to Sunday; None where the school does not teach on that weekday."""
    day_bells: tuple[tuple[date, time], ...] = ()
    """Days on which the bell goes at another time, such as an early close; in order."""

    def bell(self, day: date) -> time | None:
        """Give the bell of one day: its own, else its weekday's; None where there is none."""
        own = next((bell for its_day, bell in self.day_bells if its_day == day), None)
        return own if own is not None else self.bells[day.weekday()]

    def is_known(self, day: date) -> bool:
        """Tell whether the terms reach this day: outside them nothing is known of the calendar."""
        return any(term.start <= day <= term.end for term in self.terms) or (
            bool(self.terms)
            and min(self.terms).start <= day <= max(term.end for term in self.terms)
        )

    def is_teaching_day(self, day: date) -> bool:
        """Tell whether the school teaches on this day, by its terms."""
        return (
            self.bell(day) is not None
            and day not in self.closed
            and any(term.start <= day <= term.end for term in self.terms)
        )

    def is_assumed_teaching_day(self, day: date) -> bool:
        """Tell whether a day that the terms do not reach would be one, if it were term."""
        return not self.is_known(day) and self.bell(day) is not None and day not in self.closed

    def teaching_days(
        self, first: date, last: date, *, assume_unknown: bool = False
    ) -> tuple[date, ...]:
        """List the teaching days from first to last, both included.

        Parameters
        ----------
        first, last
            Bounds, both included.
        assume_unknown
            Count the weekdays that the terms do not reach as teaching days. The caller must say
            that it did.
        """
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return tuple(
            day
            for day in days
            if self.is_teaching_day(day) or (assume_unknown and self.is_assumed_teaching_day(day))
        )

    def window(self, day: date, timezone: str, before_min: int, after_min: int) -> Window:
        """Give the after-school window of a day on which the school has a bell.

        Clock changes happen at night, so the wall clock is taken for the bell and minutes are
        added in absolute time.
        """
        bell = self.bell(day)
        if bell is None:
            raise ValueError("no bell on this day")
        bell_at = datetime.combine(day, bell, ZoneInfo(timezone)).astimezone(ZoneInfo("UTC"))
        zone = ZoneInfo(timezone)
        return Window(
            (bell_at - timedelta(minutes=before_min)).astimezone(zone),
            (bell_at + timedelta(minutes=after_min)).astimezone(zone),
        )


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """The calendar of an area: what holds for all schools, and what single schools do instead."""

    timezone: str
    terms: tuple[Term, ...]
    bank_holidays: frozenset[date]
    inset_days: frozenset[date]
    default_bell: time
    bells: Mapping[tuple[str, int], time | None] = field(default_factory=dict)
    """Bells that differ, by school and weekday (Monday is 0)."""
    school_terms: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)
    school_inset_days: Mapping[str, frozenset[date]] = field(default_factory=dict)
    day_bells: Mapping[tuple[str, date], time | None] = field(default_factory=dict)
    """Bells of single days, by school; None where it is closed on that day."""

    def timetable(self, school_id: str) -> Timetable:
        """Give the timetable of one school."""
        weekday_bells: list[time | None] = [self.default_bell] * 5 + [None] * 2
        for weekday in range(7):
            if (school_id, weekday) in self.bells:
                weekday_bells[weekday] = self.bells[school_id, weekday]
        closed = self.bank_holidays | self.inset_days
        closed |= self.school_inset_days.get(school_id, frozenset())
        own = {day: bell for (school, day), bell in self.day_bells.items() if school == school_id}
        return Timetable(
            self.school_terms.get(school_id, self.terms),
            closed | {day for day, bell in own.items() if bell is None},
            tuple(weekday_bells),
            tuple(sorted((day, bell) for day, bell in own.items() if bell is not None)),
        )
