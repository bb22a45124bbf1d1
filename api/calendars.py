"""A school's calendar feed: one address; changes and cancellations keep their events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from icalendar import Calendar, Event, vText

from api.store.records import PlanHead

__all__ = ["Issue", "merge_calendars"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One version of a week's plan that went out, and the school's calendar in it."""

    plan: PlanHead
    content: bytes


@lru_cache(maxsize=128)
def merge_calendars(issues: tuple[Issue, ...]) -> bytes:
    """Make one calendar of all that went out for a school.

    The newest version of each week holds. An event that an earlier version told and the one that
    holds does not is told as cancelled, under the same identifier and a later sequence number, so
    that phones take it away.

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
    events: dict[str, Event] = {}
    merged = Calendar.from_ical(ordered[-1].content)
    merged.subcomponents = [one for one in merged.subcomponents if one.name != "VEVENT"]
    for issue in ordered:
        told = {str(one["UID"]): one for one in _events(issue.content)}
        for uid, event in events.items():
            if uid not in told and _week_of(event) == issue.plan.week.isoformat():
                _stamp(event, issue)
                event["STATUS"] = "CANCELLED"
                told_as = str(event["SUMMARY"]).removeprefix("Cancelled: ")
                event["SUMMARY"] = vText(f"Cancelled: {told_as}")
        for uid, event in told.items():
            _stamp(event, issue)
            event["X-WEEK"] = issue.plan.week.isoformat()
            events[uid] = event
    for uid in sorted(events, key=lambda one: (events[one].decoded("DTSTART"), one)):
        event = events[uid]
        del event["X-WEEK"]
        merged.add_component(event)
    return merged.to_ical()


def _events(content: bytes) -> list[Event]:
    return [one for one in Calendar.from_ical(content).walk("VEVENT") if isinstance(one, Event)]


def _week_of(event: Event) -> str:
    return str(event["X-WEEK"])


def _stamp(event: Event, issue: Issue) -> None:
    """Give an event the number of the version that told it, and the day that went out."""
    for name in ("SEQUENCE", "DTSTAMP"):
        if name in event:
            del event[name]
    event.add("SEQUENCE", issue.plan.version - 1)
    event.add("DTSTAMP", issue.plan.published_at or issue.plan.created_at)
