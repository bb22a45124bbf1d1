"""What everybody may see: areas with a published plan, their schools, and the patrols to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from api.errors import NotFound
from api.publishing import late_words
from api.store import Unit
from api.store.records import Area, Patrol, PlanHead, ReleasedFile, School

__all__ = [
    "PublicArea",
    "PublicSchool",
    "coming_patrols",
    "find_area",
    "find_file",
    "find_school",
    "list_areas",
    "school_feed",
]

_FEED_WEEKS = 8
"""How far back a feed goes: a cancellation has to reach phones that were off for a while."""


@dataclass(frozen=True, slots=True)
class PublicArea:
    """An area, the plan that is shown, and all that hold."""

    area: Area
    shown: PlanHead
    holding: tuple[PlanHead, ...]


@dataclass(frozen=True, slots=True)
class PublicSchool:
    """A school, and its patrols that are not over."""

    school: School
    coming: tuple[Patrol, ...]


def list_areas(unit: Unit, now: datetime) -> list[PublicArea]:
    """List the areas that published a plan."""
    found = (_public(unit, area, now) for area in unit.areas.all())
    return [one for one in found if one is not None]


def find_area(unit: Unit, area_id: str, now: datetime) -> PublicArea:
    """Give an area that published a plan.

    Raises
    ------
    NotFound
        When there is none, or it has published nothing: nobody can tell which.
    """
    area = unit.areas.get(area_id)
    found = _public(unit, area, now) if area is not None else None
    if found is None:
        raise NotFound
    return found


def find_school(unit: Unit, area: PublicArea, file: str, now: datetime) -> PublicSchool:
    """Give a school by its name in addresses.

    Raises
    ------
    NotFound
        When the plan that is shown has none of that name.
    """
    for school in unit.plans.schools(area.shown.plan_id):
        if school.file == file:
            return PublicSchool(school, coming_patrols(unit, area, school.school_id, now))
    raise NotFound


def coming_patrols(
    unit: Unit, area: PublicArea, school_id: str, now: datetime
) -> tuple[Patrol, ...]:
    """Give a school's patrols that are not over, of every plan that holds, by time."""
    found = [
        patrol
        for plan in area.holding
        for patrol in unit.plans.patrols(plan.plan_id, school_id)
        if patrol.ends_at > now
    ]
    return tuple(sorted(found, key=lambda one: (one.starts_at, one.uid)))


def find_file(unit: Unit, plan: PlanHead, path: str) -> ReleasedFile:
    """Give a released file of a plan.

    Raises
    ------
    NotFound
        When there is none of that name.
    """
    found = unit.plans.file(plan.plan_id, path)
    if found is None:
        raise NotFound
    return found


def school_feed(unit: Unit, area: PublicArea, school: School) -> bytes:
    """Give a school's calendar: all that went out in the last weeks and for those to come."""
    since = area.shown.week - timedelta(weeks=_FEED_WEEKS)
    # loaded when a feed is first asked for: it takes a while, and starting must not
    calendars = import_module("api.calendars")
    issues = []
    for plan in unit.plans.went_out(area.area.area_id, since=since):
        files = {one.school_id: one.file for one in unit.plans.schools(plan.plan_id)}
        file = files.get(school.school_id)
        if file is not None:
            content = find_file(unit, plan, f"notices/{file}.ics").content
            notice = unit.messages.short_notice(plan.plan_id)
            late = late_words(notice) if notice else ""
            issues.append(calendars.Issue(plan, content, late))
    merged: bytes = calendars.merge_calendars(tuple(issues))
    return merged


def _public(unit: Unit, area: Area, now: datetime) -> PublicArea | None:
    """Show the week that runs or comes next; where none is to come, the last one."""
    holding = unit.plans.published(area.area_id)
    if not holding:
        return None
    day = now.date()
    to_come = [one for one in holding if one.week + timedelta(days=7) > day]
    return PublicArea(area, to_come[-1] if to_come else holding[0], tuple(holding))
