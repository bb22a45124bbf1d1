"""A school's patrols as a calendar that phones understand (RFC 5545)."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vText

from corridors.outputs.words import POLICE_WORDS, inner_words, list_words

if TYPE_CHECKING:
    from corridors.domain.released import ReleasedPatrol, ReleasedPlan, ReleasedSchool

__all__ = ["draw_calendar"]


def draw_calendar(released: ReleasedPlan, school_id: str) -> bytes:
    """Write one school's patrols; a school without patrols gets a calendar without events.

    Identifiers stay the same from version to version, so that a later file replaces the earlier.
    Times are local, with the time zone's own rules in the file.

    Raises
    ------
    KeyError
        When the release knows no such school.
    """
    school = {one.school_id: one for one in released.schools}[school_id]
    patrols = [one for one in released.patrols if school_id in one.school_ids]
    calendar = Calendar()
    calendar.add("PRODID", "-//Safer Corridors//After-school patrols//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", vText(f"After-school patrols: {school.name}"))
    # a calendar must hold some component, so the time zone is there without any event too
    calendar.add_component(_timezone(released.timezone, released.week.year))
    for patrol in patrols:
        calendar.add_component(_event(released, school, patrol))
    return calendar.to_ical()


def _event(released: ReleasedPlan, school: ReleasedSchool, patrol: ReleasedPatrol) -> Event:
    streets = next(
        one.streets for one in released.corridors if one.corridor_id == patrol.corridor_id
    )
    zone = ZoneInfo(released.timezone)
    roles = list_words([inner_words(role.name) for role in patrol.roles])
    words = [
        f"{patrol.aim}. {patrol.aim_why}",
        f"Who will be there: {roles}. Led by: {inner_words(patrol.lead_role)}.",
        f"{POLICE_WORDS[patrol.police]}. {patrol.police_why}",
    ]
    if released.is_draft:
        words.insert(0, f"DRAFT. {released.draft_reason}")
    event = Event()
    event.add("UID", _uid(released, school, patrol))
    event.add("DTSTAMP", datetime.combine(released.issued_on, time(), UTC))
    event.add("SEQUENCE", released.version - 1)
    event.add("STATUS", "TENTATIVE" if released.is_draft else "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")
    event.add("DTSTART", patrol.starts_at.astimezone(zone))
    event.add("DTEND", patrol.ends_at.astimezone(zone))
    draft = "DRAFT: " if released.is_draft else ""
    event.add("SUMMARY", f"{draft}After-school patrol, {school.name}")
    event.add("LOCATION", ", ".join(streets) or "Streets near the school")
    event.add("DESCRIPTION", "\n\n".join(words))
    return event


def _uid(released: ReleasedPlan, school: ReleasedSchool, patrol: ReleasedPatrol) -> str:
    """Name an event by place and day, not by hour: a changed hour replaces the old event."""
    day = patrol.starts_at.date()
    same = [
        one.patrol_id
        for one in released.patrols
        if one.corridor_id == patrol.corridor_id and one.starts_at.date() == day
    ]
    parts = [released.area, school.school_id, patrol.corridor_id, day.isoformat()]
    parts.append(str(same.index(patrol.patrol_id)))
    key = "\n".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(key).hexdigest()[:32] + "@safer-corridors"


def _timezone(name: str, year: int) -> Timezone:
    """Describe a time zone from the start of a year to the end of the next."""
    zone = ZoneInfo(name)
    timezone = Timezone()
    timezone.add("TZID", name)
    start = datetime(year, 1, 1, tzinfo=UTC)
    for at in [start, *_changes(zone, start, date(year + 2, 1, 1))]:
        before = (at - timedelta(minutes=1)).astimezone(zone).utcoffset() or timedelta()
        after = at.astimezone(zone)
        part = TimezoneDaylight() if after.dst() else TimezoneStandard()
        # the onset is told in the clock that held before it
        part.add("DTSTART", (at + before).replace(tzinfo=None))
        part.add("TZOFFSETFROM", before)
        part.add("TZOFFSETTO", after.utcoffset() or timedelta())
        part.add("TZNAME", after.tzname() or name)
        timezone.add_component(part)
    return timezone


def _changes(zone: ZoneInfo, start: datetime, end: date) -> list[datetime]:
    """Find the minutes (UTC) at which the clocks change, by halving the days that hold one."""
    changes = []
    for n in range((end - start.date()).days):
        low, high = start + timedelta(days=n), start + timedelta(days=n + 1)
        offset = low.astimezone(zone).utcoffset()
        if high.astimezone(zone).utcoffset() == offset:
            continue
        while high - low > timedelta(minutes=1):
            middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
            if middle.astimezone(zone).utcoffset() == offset:
                low = middle
            else:
                high = middle
        changes.append(high)
    return changes
