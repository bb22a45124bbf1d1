"""A school's calendar feed: one address; changes and cancellations keep their events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from icalendar import Calendar, Event, vText

from api.store.records import PlanHead

__all__ = ["Issue", "merge_calendars"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One version of a week's plan that went out, and the school's calendar in it."""

    plan: PlanHead
    content: bytes
    late_words: str = ""
    """Why it came at short notice; empty where it did not."""


@lru_cache(maxsize=128)
def merge_calendars(issues: tuple[Issue, ...]) -> bytes:
    """Make one calendar of all that went out for a school.

    The newest version of each week holds. An event that an earlier version told and the one that
    holds does not is told as cancelled, under the same identifier and a later sequence number, so
    that phones take it away. An event that is told again unchanged keeps its number and stamps.

    Parameters
    ----------
    issues
        In any order; at least one. The last calendars that were made are kept.

    Raises
    ------
    ValueError
        When there is none.
    """
    ordered = sorted(issues, key=lambda one: (one.plan.week, one.plan.version))
    if not ordered:
        message = "a feed needs at least one calendar"
        raise ValueError(message)
    found: dict[str, _Told] = {}
    merged = Calendar.from_ical(ordered[-1].content)
    merged.subcomponents = [one for one in merged.subcomponents if one.name != "VEVENT"]
    for issue in ordered:
        told = {str(one["UID"]): one for one in _events(issue.content)}
        for uid, before in found.items():
            if uid not in told and before.week == issue.plan.week and not before.is_cancelled:
                found[uid] = _cancelled(before, issue)
        for uid, event in told.items():
            content = _content(event)
            # what is told again as it was is no change: phones are left alone
            if uid not in found or found[uid].content != content or found[uid].is_cancelled:
                _stamp(event, issue)
                found[uid] = _Told(event, issue.plan.week, content)
    for one in sorted(found.values(), key=lambda one: (one.event.decoded("DTSTART"), one.content)):
        merged.add_component(one.event)
    return merged.to_ical()


@dataclass(frozen=True, slots=True)
class _Told:
    """An event as it was told last."""

    event: Event
    week: date
    content: tuple[str, ...]
    is_cancelled: bool = False


def _content(event: Event) -> tuple[str, ...]:
    """Give what people read of an event."""
    names = ("UID", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "DESCRIPTION", "STATUS")
    return tuple(str(event[name].to_ical()) if name in event else "" for name in names)


def _cancelled(before: _Told, issue: Issue) -> _Told:
    event = before.event
    _stamp(event, issue)
    event["STATUS"] = "CANCELLED"
    event["SUMMARY"] = vText(f"Cancelled: {event['SUMMARY']}")
    return _Told(event, before.week, before.content, is_cancelled=True)


def _events(content: bytes) -> list[Event]:
    return [one for one in Calendar.from_ical(content).walk("VEVENT") if isinstance(one, Event)]


def _stamp(event: Event, issue: Issue) -> None:
    """Give an event the number and day of the version that told it, and why that came late."""
    at = issue.plan.published_at or issue.plan.created_at
    for name in ("SEQUENCE", "DTSTAMP", "LAST-MODIFIED"):
        if name in event:
            del event[name]
    event.add("SEQUENCE", issue.plan.version - 1)
    event.add("DTSTAMP", at)
    event.add("LAST-MODIFIED", at)
    if issue.late_words:
        words = str(event.get("DESCRIPTION", ""))
        event["DESCRIPTION"] = vText(f"Short notice. {issue.late_words}\n\n{words}".rstrip())
