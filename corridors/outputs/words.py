"""What the map pages say in words: dates for people, cards, tables and legends."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from corridors.outputs.naming import file_names
from corridors.outputs.picture import BAND_STROKES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from corridors.domain.plan import Plan
    from corridors.domain.released import ReleasedPatrol, ReleasedPlan

__all__ = [
    "POLICE_WORDS",
    "brief_day_words",
    "clock_words",
    "day_words",
    "inner_words",
    "internal_page",
    "list_words",
    "public_page",
    "short_day_words",
    "times_words",
    "with_article",
]

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip

POLICE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "needed": "Police take part",
        "on_call": "Police are on call, not on the patrol",
        "absent": "No police on this patrol",
    }
)


def day_words(day: date) -> str:
    """Say a date: ``Tuesday 24 November 2026``, whatever the machine's language."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day_words(day: date) -> str:
    """Say a date of this week: ``Tuesday 24 November``."""
    return day_words(day).rsplit(" ", 1)[0]


def brief_day_words(day: date) -> str:
    """Say a date of this week in a narrow column: ``Tue 24 Nov``."""
    return f"{_DAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1][:3]}"


def clock_words(at: datetime) -> str:
    """Say a local time: ``3:15pm``, ``4pm``, ``midday``."""
    if (at.hour, at.minute) == (12, 0):
        return "midday"
    hour = at.hour % 12 or 12
    minute = f":{at.minute:02d}" if at.minute else ""
    return f"{hour}{minute}{'am' if at.hour < 12 else 'pm'}"


def times_words(starts_at: datetime, ends_at: datetime) -> str:
    """Say a window: ``3:15pm to 4:30pm``."""
    return f"{clock_words(starts_at)} to {clock_words(ends_at)}"


def inner_words(name: str) -> str:
    """Say a name inside a sentence: ``Youth worker`` loses its capital, ``CAMHS lead`` does not."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def with_article(name: str) -> str:
    """Say one of a kind: ``a youth worker``, ``an officer``."""
    inner = inner_words(name)
    return f"{'an' if inner[:1].lower() in 'aeio' else 'a'} {inner}"


def list_words(items: Sequence[str]) -> str:
    """Join with commas and a last ``and``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def public_page(released: ReleasedPlan) -> dict[str, Any]:
    """Collect what the public map's page says beside its map."""
    names = file_names(school.school_id for school in released.schools)
    return {
        "title": f"After-school patrols in {released.area}",
        "released": released,
        "week_words": day_words(released.week),
        "issued_words": day_words(released.issued_on),
        "corridors": [
            {
                "corridor": corridor,
                "patrols": [
                    _patrol_row(patrol)
                    for patrol in released.patrols
                    if patrol.corridor_id == corridor.corridor_id
                ],
            }
            for corridor in released.corridors
        ],
        "schools": [(school, names[school.school_id]) for school in released.schools],
        "bands": [
            (band, *BAND_STROKES[band.rank - 1])
            for band in sorted(released.bands, key=lambda band: -band.rank)
        ],
        "has_unknown": released.unknown is not None and not released.unknown.is_empty,
    }


def _patrol_row(patrol: ReleasedPatrol) -> dict[str, str]:
    return {
        "day": day_words(patrol.starts_at),
        "times": times_words(patrol.starts_at, patrol.ends_at),
        "aim": inner_words(patrol.aim),
        "who": list_words([inner_words(role.name) for role in patrol.roles]),
        "lead": inner_words(patrol.lead_role),
        "police": POLICE_WORDS[patrol.police],
    }


def internal_page(plan: Plan, bands: Sequence[tuple[str, str, float]]) -> dict[str, Any]:
    """Collect what the internal map's page says: exact, for the team only.

    Parameters
    ----------
    plan
        The exact plan.
    bands
        Label, colour and weight of each band of intensity, highest first.
    """
    return {
        "title": f"{plan.area}: internal map",
        "plan": plan,
        "week_words": day_words(plan.week),
        "bands": bands,
        "patrols": [
            (
                patrol,
                f"{day_words(patrol.starts_at)}, {times_words(patrol.starts_at, patrol.ends_at)}",
                list_words([f"{post.post_id} ({post.role})" for post in patrol.posts]),
            )
            for patrol in plan.patrols
        ],
        "unmet": [(one, day_words(one.starts_at)) for one in plan.unmet],
    }
