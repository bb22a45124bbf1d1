"""Which patrols a week asks for: the weekdays and the hours follow the evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import ArrayLike

    from corridors.domain.calendar import Timetable
    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Corridor

__all__ = [
    "DAY_NAMES",
    "PatrolDemand",
    "common_span_min",
    "patrol_demands",
    "patrol_length_min",
    "patrol_start_min",
    "walk_length_min",
    "week_notes",
]

_STEP_MIN = 5
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ROUNDING = 1e-9  # shares that differ by less are equal


@dataclass(frozen=True, slots=True)
class PatrolDemand:
    """A patrol that the evidence asks for, before anybody is asked to walk it."""

    demand_id: str
    corridor_id: str
    school_id: str
    starts_at: datetime
    """Aware, local to the area."""
    ends_at: datetime
    aim_id: str
    weight: float
    """Need of that day: what the patrol addresses."""


def walk_length_min(corridor: Corridor, parameters: Parameters) -> int:
    """Give the whole minutes in which the corridor's walk is walked, dwells apart."""
    return math.ceil(round(corridor.walk_m / parameters.walk_m_per_s / 60, 6))


def patrol_length_min(corridor: Corridor, parameters: Parameters) -> int | None:
    """Give the minutes of one patrol of a corridor, or None where no window can hold it.

    It is `patrol_min`, or longer, in steps of 5 minutes, where the walk and one full dwell need
    more; never longer than the after-school window.
    """
    window_min = parameters.before_min + parameters.after_min
    least = walk_length_min(corridor, parameters) + parameters.dwell_high_min
    if least > window_min:
        return None
    stepped = math.ceil(least / _STEP_MIN) * _STEP_MIN
    return min(max(parameters.patrol_min, stepped), window_min)


def patrol_start_min(minute_profile: ArrayLike, length_min: int, before_min: int) -> int:
    """Choose the start that lets a patrol hold the most evidence.

    Parameters
    ----------
    minute_profile
        ``(window_min,)`` share of the evidence in each minute of the window, from `before_min`
        before the bell on.
    length_min
        Minutes of the patrol, at most ``window_min``.
    before_min
        Minutes of the window before the bell.

    Returns
    -------
    int
        Minutes after the bell (negative: before it), a multiple of 5 where one fits. The earliest
        of equally good starts.
    """
    profile = np.asarray(minute_profile, dtype=np.float64)
    starts = np.arange(profile.size - length_min + 1)
    stepped = starts[(starts - before_min) % _STEP_MIN == 0]
    starts = stepped if stepped.size else starts
    summed = np.concatenate([[0.0], np.cumsum(profile)])
    held = summed[starts + length_min] - summed[starts]
    best = np.flatnonzero(held >= held.max() - _ROUNDING)[0]
    return int(starts[best]) - before_min


def patrol_demands(  # noqa: PLR0913, PLR0917 -- each is one fact of one corridor's week
    corridor: Corridor,
    school_id: str,
    timetable: Timetable,
    week: date,
    weekday_share: ArrayLike,
    minute_profile: ArrayLike | None,
    parameters: Parameters,
    timezone: str,
    aim_id: str,
    guests: Sequence[Timetable] = (),
) -> tuple[PatrolDemand, ...]:
    """List the patrols that one corridor asks for in one week.

    One for each teaching day whose share of the evidence reaches ``min_day_share``, over the
    stretch of the after-school window that holds the most of it.

    Parameters
    ----------
    corridor
        Its `need` is divided over the days, its `walk_m` must fit.
    school_id
        The school whose bell and timetable count.
    timetable
        Of that school.
    week
        The Monday.
    weekday_share
        ``(7,)`` share of the corridor's weight on Monday to Sunday.
    minute_profile
        ``(before_min + after_min,)`` share of it in each minute of the window. None: not known,
        the patrol starts at the bell if it can.
    parameters
        The run's.
    timezone
        IANA name.
    aim_id
        Aim of these patrols.
    guests
        Timetables of other schools that share the corridor: a patrol lies in their windows too.

    Returns
    -------
    tuple of PatrolDemand
        In order of time; empty where nothing is asked for, see `week_notes`.

    Raises
    ------
    BadInput
        `week` is not a Monday, or an array has the wrong length or a value that is not a share.
    """
    share, profile = _checked(week, weekday_share, minute_profile, parameters)
    length_min = patrol_length_min(corridor, parameters)
    low, high = common_span_min(timetable, guests, week, timezone, parameters)
    if length_min is None or length_min > high - low:
        return ()
    before_min = parameters.before_min - low
    if profile is None:
        start_min = max(min(0, high - parameters.before_min - length_min), -before_min)
    else:
        start_min = patrol_start_min(profile[low:high], length_min, before_min)
    days = [week + timedelta(days=n) for n in range(7)]
    zone = ZoneInfo(timezone)
    demands = []
    for day in days:
        day_share = float(share[day.weekday()])
        if not timetable.is_teaching_day(day) or not _is_enough(day_share, parameters):
            continue
        window = timetable.window(day, timezone, parameters.before_min, parameters.after_min)
        starts_at = window.starts_at.astimezone(UTC) + timedelta(
            minutes=start_min + parameters.before_min
        )
        demands.append(
            PatrolDemand(
                _demand_id(corridor, school_id, day),
                corridor.corridor_id,
                school_id,
                starts_at.astimezone(zone),
                (starts_at + timedelta(minutes=length_min)).astimezone(zone),
                aim_id,
                corridor.need * day_share,
            )
        )
    return tuple(demands)


def common_span_min(
    timetable: Timetable,
    guests: Sequence[Timetable],
    week: date,
    timezone: str,
    parameters: Parameters,
) -> tuple[int, int]:
    """Give the stretch of a school's window that lies in the windows of others too.

    Parameters
    ----------
    timetable, guests
        Of the school, and of the others.
    week
        The Monday. Days on which one of them does not teach set no limit.
    timezone, parameters
        Of the windows.

    Returns
    -------
    low_min, high_min : int
        Minutes from the beginning of the school's own window; equal where there is no such stretch.
    """
    window_min = parameters.before_min + parameters.after_min
    low, high = 0, window_min
    for day in (week + timedelta(days=n) for n in range(7)):
        if not timetable.is_teaching_day(day):
            continue
        own, *others = (
            one.window(day, timezone, parameters.before_min, parameters.after_min).starts_at
            for one in (timetable, *guests)
            if one.is_teaching_day(day)
        )
        for other in others:
            later_min = round((other - own).total_seconds() / 60)
            low, high = max(low, later_min), min(high, later_min + window_min)
    return low, max(low, high)


def week_notes(
    corridor: Corridor,
    timetable: Timetable,
    week: date,
    weekday_share: ArrayLike,
    parameters: Parameters,
) -> tuple[str, ...]:
    """Say in words why days of this week have no patrol of this corridor.

    Returns
    -------
    tuple of str
        Sentences; empty where every teaching day has one.
    """
    share, _ = _checked(week, weekday_share, None, parameters)
    teaching = [day for n in range(7) if timetable.is_teaching_day(day := week + timedelta(days=n))]
    if not teaching:
        return ("The school does not teach in this week.",)
    window_min = parameters.before_min + parameters.after_min
    if patrol_length_min(corridor, parameters) is None:
        walk_min = walk_length_min(corridor, parameters)
        why = (
            f"The walk takes {walk_min} minutes and with one dwell of {parameters.dwell_high_min} "
            f"does not fit the after-school window of {window_min} minutes: shorten the corridor "
            "or lengthen the window."
        )
        return (why,)
    notes = []
    length_min = patrol_length_min(corridor, parameters)
    if length_min is not None and length_min > parameters.patrol_min:
        notes.append(f"The patrol is lengthened to {length_min} minutes, so that the walk fits.")
    if length_min is not None and length_min < parameters.patrol_min:
        notes.append(f"The patrol is shortened to {length_min} minutes, so that the window fits.")
    quiet = [
        DAY_NAMES[day.weekday()]
        for day in teaching
        if not _is_enough(float(share[day.weekday()]), parameters)
    ]
    if quiet:
        notes.append(f"No patrol on {', '.join(quiet)}: too little of the evidence is on that day.")
    return tuple(notes)


def _is_enough(day_share: float, parameters: Parameters) -> bool:
    """Tell whether a day carries a patrol: one without evidence never does."""
    return day_share > 0 and day_share >= parameters.min_day_share - _ROUNDING


def _demand_id(corridor: Corridor, school_id: str, day: date) -> str:
    """Stable between runs; the school is named only where the corridor does not tell it."""
    shared = "" if corridor.school_ids == (school_id,) else f"-{school_id}"
    return f"{corridor.corridor_id}{shared}-{day.isoformat()}"


def _checked(
    week: date,
    weekday_share: ArrayLike,
    minute_profile: ArrayLike | None,
    parameters: Parameters,
) -> tuple[np.ndarray, np.ndarray | None]:
    problems = []
    if week.weekday() != 0:
        problems.append(Problem("week", "It is not a Monday.", "Give the Monday of the week."))
    share = np.asarray(weekday_share, dtype=np.float64)
    if share.shape != (7,) or not np.all(np.isfinite(share)) or np.any(share < 0):
        problems.append(
            Problem("weekday share", "It is not seven shares.", "Give Monday to Sunday, 0 to 1.")
        )
    profile = None
    if minute_profile is not None:
        profile = np.asarray(minute_profile, dtype=np.float64)
        window_min = parameters.before_min + parameters.after_min
        if (
            profile.shape != (window_min,)
            or not np.all(np.isfinite(profile))
            or np.any(profile < 0)
        ):
            problems.append(
                Problem(
                    "minute profile",
                    f"It is not {window_min} shares.",
                    "Give one share for each minute of the after-school window.",
                )
            )
    if problems:
        raise BadInput(problems)
    return share, profile
