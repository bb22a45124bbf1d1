"""What parents and young people are told in advance: one page a school, also where there is none.

Plain English, no script, nothing from any other site, fit for a phone and for A4 paper.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from corridors.domain.area import Contact
from corridors.domain.vocabulary import Basis, PolicePresence
from corridors.outputs.pages import render_page
from corridors.outputs.sketch import draw_sketch
from corridors.outputs.words import (
    POLICE_WORDS,
    day_words,
    inner_words,
    list_words,
    short_day_words,
    times_words,
    with_article,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from corridors.domain.released import ReleasedPatrol, ReleasedPlan

__all__ = ["draw_notice"]


def draw_notice(released: ReleasedPlan, school_id: str, contact: Contact | None = None) -> str:
    """Draw one school's notice.

    Parameters
    ----------
    released
        What may leave.
    school_id
        One of its schools.
    contact
        How to ask, object or respond; gaps are marked for the team to fill.

    Raises
    ------
    KeyError
        When the release knows no such school.
    """
    school = {one.school_id: one for one in released.schools}[school_id]
    patrols = [one for one in released.patrols if school_id in one.school_ids]
    walked = {one.corridor_id for one in patrols}
    return render_page(
        "notice.html.j2",
        css=_css(),
        released=released,
        school=school,
        contact=contact or Contact(),
        week_words=day_words(released.week),
        issued_words=day_words(released.issued_on),
        patrols=[
            (day_words(one.starts_at), times_words(one.starts_at, one.ends_at)) for one in patrols
        ],
        cancelled=[
            (day_words(one.starts_at), times_words(one.starts_at, one.ends_at))
            for one in released.cancelled
            if school_id in one.school_ids
        ],
        is_earliest_short=released.is_short_notice and bool(patrols),
        corridors=[
            (corridor, draw_sketch(released, corridor), list_words(corridor.streets))
            for corridor in released.corridors
            if corridor.corridor_id in walked
        ],
        mixes=_mixes(patrols),
        roles=list(dict.fromkeys(role for one in patrols for role in one.roles)),
        organisations=list_words(sorted({name for one in patrols for name in one.organisations})),
        aims=_said_once(patrols, lambda one: (one.aim, one.aim_why)),
        police=_said_once(patrols, lambda one: (POLICE_WORDS[one.police], one.police_why)),
        has_protocol=any(one.has_protocol for one in patrols),
        has_police=any(one.police == PolicePresence.NEEDED for one in patrols),
        is_where_only=released.basis == Basis.ALL_HOURS,
    )


def _said_once(
    patrols: list[ReleasedPatrol], say: Callable[[ReleasedPatrol], tuple[str, str]]
) -> list[tuple[str, str, str]]:
    """Give each different thing to say, with the days it holds for (empty: all)."""
    days: dict[tuple[str, str], list[str]] = {}
    for one in patrols:
        days.setdefault(say(one), []).append(short_day_words(one.starts_at))
    only = len(days) == 1
    return [(head, body, "" if only else list_words(on)) for (head, body), on in days.items()]


def _mixes(patrols: list[ReleasedPatrol]) -> list[tuple[str, str, str]]:
    """Give each different mix: who, led by whom, on which days (empty: all)."""
    return _said_once(
        patrols,
        lambda one: (
            list_words([with_article(role.name) for role in one.roles]),
            inner_words(one.lead_role),
        ),
    )


@cache
def _css() -> str:
    path = files("corridors.outputs") / "static" / "notice.css"
    return path.read_text("utf-8").replace("\r\n", "\n")
