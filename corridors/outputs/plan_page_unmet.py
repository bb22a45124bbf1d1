"""What the plan page says of patrols that nobody can walk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corridors.outputs.words import brief_day_words, times_words

if TYPE_CHECKING:
    from collections.abc import Hashable

    from corridors.domain.plan import Plan, Unmet
    from corridors.outputs.plan_page_rows import Namer

__all__ = ["unmet_rows", "unmet_summary"]

_MOST_ROWS = 12
"""More than so many are summed up first, and listed behind the corridors."""


def unmet_rows(plan: Plan, namer: Namer) -> list[dict[str, Any]]:
    """Give one row for each patrol that nobody can walk; days that miss the same are one row."""
    grouped: dict[Hashable, list[Unmet]] = {}
    for one in sorted(plan.unmet, key=lambda one: (one.starts_at, one.corridor_id)):
        grouped.setdefault(
            (one.school_id, one.aim, one.missing, one.would_help, one.clash), []
        ).append(one)
    return [
        {
            "school": namer.school(own[0].school_id),
            "aim": namer.aim(own[0].aim),
            "when": [
                (brief_day_words(one.starts_at), times_words(one.starts_at, one.ends_at))
                for one in own
            ],
            "missing": own[0].missing,
            "would_help": own[0].would_help,
            # One sentence says what is missing once more.
            "clash": [namer.say(words) for words in own[0].clash] if len(own[0].clash) > 1 else [],
        }
        for own in grouped.values()
    ]


def unmet_summary(plan: Plan, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sum up what is missing on how many patrols, most first; nothing where the rows are few."""
    if len(rows) <= _MOST_ROWS:
        return []
    lacking: dict[str, list[Unmet]] = {}
    for one in plan.unmet:
        for missing in one.missing:
            what, _, _ = missing.partition(": ")
            lacking.setdefault(what, []).append(one)
    return [
        {
            "what": what,
            "n_patrols": len(lack),
            "n_schools": len({one.school_id for one in lack}),
        }
        for what, lack in sorted(lacking.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
