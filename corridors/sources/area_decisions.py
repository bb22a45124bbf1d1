"""What people decide for one school's patrols in an area file: who is there, what is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.domain.area import Cancellation, MixSetting
from corridors.domain.vocabulary import PolicePresence

if TYPE_CHECKING:
    from corridors.sources.area_table import TableReader

__all__ = ["take_cancellations", "take_mixes"]

_SCHOOL_MEND = "Give the id of the school."
_REASON_MEND = "Write why, in a sentence: it stays in the plan."
_BY_MEND = "Name the role, post or organisation in charge, not a person."
_NEEDED_MEND = 'List groups of roles, such as [["youth_worker", "school_staff"]].'
_LEAST_POSTS, _MOST_POSTS = 2, 10


def take_mixes(root: TableReader) -> tuple[MixSetting, ...]:
    """Take every ``[[mixes]]``: who has to be on the patrols of one school."""
    found: dict[str, MixSetting] = {}
    for entry in root.tables("mixes"):
        school = entry.text("school", _SCHOOL_MEND)
        needed = _take_groups(entry)
        min_posts = _take_min_posts(entry)
        police = entry.text("police", "Give needed, on_call or absent.")
        if police is not None and police not in set(PolicePresence):
            entry.add("police", "It is not a known word.", "Give needed, on_call or absent.")
            police = None
        reason, by = entry.text("reason", _REASON_MEND), entry.text("by", _BY_MEND)
        entry.finish()
        if school is None or reason is None or by is None or police is None:
            continue
        if school in found:
            what = "The mix of this school's patrols is set twice."
            entry.add("school", what, "Keep one [[mixes]] for each school.")
        found[school] = MixSetting(school, needed, min_posts, police, reason, by)
    return tuple(found.values())


def _take_groups(entry: TableReader) -> tuple[tuple[str, ...], ...]:
    value = entry.raw("needed")
    groups = value if isinstance(value, list) else []
    is_good = bool(groups) and all(
        isinstance(group, list)
        and group
        and all(isinstance(role, str) and role.strip() for role in group)
        for group in groups
    )
    if not is_good:
        entry.add("needed", "These are no groups of roles.", _NEEDED_MEND)
        return ()
    return tuple(tuple(dict.fromkeys(role.strip() for role in group)) for group in groups)


def _take_min_posts(entry: TableReader) -> int:
    value = entry.raw("min_posts")
    if value is None:
        return _LEAST_POSTS
    is_good = isinstance(value, int) and not isinstance(value, bool)
    if not is_good or not _LEAST_POSTS <= value <= _MOST_POSTS:
        what = "Nobody walks alone, and a patrol is no procession."
        entry.add("min_posts", what, f"Give a number from {_LEAST_POSTS} to {_MOST_POSTS}.")
        return _LEAST_POSTS
    return value


def take_cancellations(root: TableReader) -> tuple[Cancellation, ...]:
    """Take every ``[[cancellations]]``: the patrols of a school on a day do not take place."""
    found: dict[tuple[str, object], Cancellation] = {}
    for entry in root.tables("cancellations"):
        school = entry.text("school", _SCHOOL_MEND)
        on = entry.day("on", "Give the day of the patrol.")
        reason, by = entry.text("reason", _REASON_MEND), entry.text("by", _BY_MEND)
        entry.finish()
        if school is None or on is None or reason is None or by is None:
            continue
        if (school, on) in found:
            entry.add("on", "This day is cancelled twice.", "Keep one of the two.")
        found[school, on] = Cancellation(school, on, reason, by)
    return tuple(found.values())
