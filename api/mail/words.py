"""What messages say: plain text, nothing about incidents, and how to stop them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote
from zoneinfo import ZoneInfo

from api.store.records import Patrol
from api.templates import day_words, times_words

__all__ = ["ADDRESS", "Differences", "confirm_words", "patrol_words", "school_path", "stop_path"]

ADDRESS = "{address}"
"""Stands for the address of the service until a message is sent."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What a plan changes for one school's patrols that are not over."""

    new: tuple[Patrol, ...] = ()
    changed: tuple[tuple[Patrol, Patrol], ...] = ()
    """Before and after."""
    cancelled: tuple[Patrol, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to say."""
        return bool(self.new or self.changed or self.cancelled)


def school_path(area_id: str, file: str) -> str:
    """Give the path of a school's page."""
    return f"/areas/{quote(area_id, safe='')}/schools/{quote(file, safe='')}"


def stop_path(token: str) -> str:
    """Give the path that stops messages."""
    return f"/emails/{quote(token, safe='')}/stop"


def confirm_words(school: str, area: str, token: str, *, is_confirmed: bool) -> tuple[str, str]:
    """Give subject and text of the answer to whoever asked for messages about a school."""
    where = f"after-school patrols near {school}, {area}"
    if is_confirmed:
        return (
            f"You already get emails about {school}",
            f"Somebody, probably you, asked again for emails about {where}.\n\n"
            "You get them already. There is nothing to do.\n" + _stop(token),
        )
    text = (
        f"Somebody, probably you, asked for emails about {where}.\n\n"
        "To get them, open this link within 2 days and choose Confirm:\n"
        f"{ADDRESS}/emails/{quote(token, safe='')}/confirm\n\n"
        "If it was not you, do nothing: without it no further email is sent, and your address is "
        "deleted within a week.\n"
    )
    return f"Confirm: emails about after-school patrols near {school}", text


def patrol_words(
    school: str,
    path: str,
    week: date,
    timezone: str,
    found: Differences,
    token: str,
    *,
    late_words: str = "",
) -> tuple[str, str]:
    """Give subject and text of a message about new, changed and cancelled patrols.

    Parameters
    ----------
    school, path
        Its name and the path of its page.
    week, timezone
        The Monday, and the clocks that people there go by.
    found
        What is different.
    token
        Of the subscription.
    late_words
        Why it comes late; empty where it does not.
    """
    is_first = not (found.changed or found.cancelled)
    new = (_when(one, timezone) for one in found.new)
    changed = (_change(before, after, timezone) for before, after in found.changed)
    cancelled = (_when(one, timezone) for one in found.cancelled)
    parts = [
        _part("Patrols:" if is_first else "New patrols:", new),
        _part("Changed patrols, as they are now:", changed),
        _part("Cancelled. These patrols do not take place:", cancelled),
    ]
    late = f"Short notice. {late_words}\n\n" if late_words else ""
    text = (
        f"After-school patrols near {school}, week of {day_words(week)}.\n\n"
        f"{late}{''.join(parts)}"
        f"Where they walk, who will be there and why, and how to ask or object:\n{ADDRESS}{path}\n"
        + _stop(token)
    )
    return f"{_head(found)} near {school}, week of {week.day} {week:%B}", text


def _head(found: Differences) -> str:
    if found.new and not (found.changed or found.cancelled):
        return "After-school patrols"
    if found.cancelled and not (found.new or found.changed):
        return f"Cancelled: after-school patrol{'s' if len(found.cancelled) > 1 else ''}"
    return "Changed: after-school patrols"


def _part(head: str, lines: Iterable[str]) -> str:
    found = [f"  {one}\n" for one in lines]
    return f"{head}\n{''.join(found)}\n" if found else ""


def _when(patrol: Patrol, timezone: str) -> str:
    day = patrol.starts_at.astimezone(ZoneInfo(timezone)).date()
    return f"{day_words(day)}, {times_words(patrol.starts_at, patrol.ends_at, timezone)}"


def _change(before: Patrol, after: Patrol, timezone: str) -> str:
    what = []
    if (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at):
        what.append(f"before: {times_words(before.starts_at, before.ends_at, timezone)}")
    if before.streets != after.streets:
        what.append("other streets")
    if before.description != after.description:
        what.append("who will be there or why")
    return f"{_when(after, timezone)} ({'; '.join(what)})"


def _stop(token: str) -> str:
    return (
        "\n--\nYou asked for these emails. To stop them, and have your address deleted at once:\n"
        f"{ADDRESS}{stop_path(token)}\n"
    )
