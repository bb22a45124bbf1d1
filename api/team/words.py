"""Words that the team's pages share: of outcomes, statuses, days and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

__all__ = [
    "GRADES",
    "OUTCOMES",
    "POLICE",
    "STATUSES",
    "STATUS_COLOURS",
    "clock_words",
    "day_words",
    "list_words",
    "local_words",
    "times_words",
]

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "patrol": "Patrols are planned",
        "uncovered": "Nobody suitable can walk it",
        "evidence_too_weak": "Evidence too weak: no patrol",
        "where_only": "Where only, never when: no patrol",
        "unknown": "Unknown: no data around the school",
        "not_on_network": "The gate lies on no street",
        "out_of_term": "Not teaching this week",
    }
)
GRADES: Mapping[str, str] = MappingProxyType(
    {
        "strong": "Strong",
        "moderate": "Moderate",
        "weak": "Weak",
        "none": "None",
        "unknown": "Unknown",
    }
)
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "draft": "Draft",
        "agreed": "Agreed",
        "published": "Published",
        "superseded": "Superseded",
    }
)
STATUS_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "draft": "yellow",
        "agreed": "blue",
        "published": "green",
        "superseded": "grey",
    }
)
POLICE: Mapping[str, str] = MappingProxyType(
    {
        "needed": "Police take part",
        "on_call": "Police are on call, not on the patrol",
        "absent": "No police on this patrol",
    }
)


def day_words(day: date) -> str:
    """Say a day: Tuesday 24 November 2026."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def clock_words(at: datetime) -> str:
    """Say a local time: 3:15pm, 4pm, midday."""
    if (at.hour, at.minute) == (12, 0):
        return "midday"
    minute = f":{at.minute:02d}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minute}{'am' if at.hour < 12 else 'pm'}"


def times_words(starts_at: datetime, ends_at: datetime) -> str:
    """Say from when to when, as the two are given: 3:15pm to 4:30pm."""
    return f"{clock_words(starts_at)} to {clock_words(ends_at)}"


def local_words(at: datetime, timezone: str) -> str:
    """Say a moment on an area's clocks: 24 November 2026, 3:15pm."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%B %Y}, {clock_words(local)}"


def list_words(items: Sequence[str]) -> str:
    """Join with commas and a last "and"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
