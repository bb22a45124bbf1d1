"""What the page of one plan shows: where, when, who, why, what if, and what is not walked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.team.names import Names
from api.team.words import GRADES, OUTCOMES, POLICE, day_words, times_words

__all__ = [
    "CorridorRow",
    "DayRows",
    "PatrolRow",
    "PlanView",
    "PostRow",
    "UnmetRow",
    "school_names",
    "view_plan",
]

_EDITS = {
    "redraw": "Redrawn",
    "shorten": "Shortened",
    "forbid": "Left out",
    "require": "Put in",
}
_METHODS = {
    "fast": "Found by the quick search.",
    "proven": "Proven: no other corridor of this length gathers more need.",
    "bounded": "Found by the thorough search.",
    "drawn": "Drawn by a person.",
}


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post on a patrol, never a person."""

    post_id: str
    role: str
    organisation: str
    is_police: bool
    leads: bool


@dataclass(frozen=True, slots=True)
class PatrolRow:
    """One patrol."""

    patrol_id: str
    school_id: str
    school: str
    on: date
    day: str
    times: str
    streets: tuple[str, ...]
    corridor_id: str
    posts: tuple[PostRow, ...]
    aim: str
    aim_why: str
    police: str
    police_min: int
    police_why: str
    protocol_id: str | None
    cover: tuple[tuple[str, str, str], ...]
    """Post that is called away, who steps in, and what becomes of the patrol otherwise."""
    alternatives: tuple[tuple[str, str], ...]
    """What else was considered, and why not."""


@dataclass(frozen=True, slots=True)
class DayRows:
    """The patrols of one day."""

    day: str
    patrols: tuple[PatrolRow, ...]


@dataclass(frozen=True, slots=True)
class UnmetRow:
    """A patrol that the evidence asks for and nobody suitable can walk."""

    school: str
    day: str
    times: str
    aim: str
    missing: tuple[str, ...]
    would_help: str
    clash: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CorridorRow:
    """A corridor that is proposed."""

    corridor_id: str
    school_ids: tuple[str, ...]
    name: str
    streets: tuple[str, ...]
    length_m: int
    walk_m: int
    grade: str
    why: tuple[str, ...]
    method: str
    steps: tuple[tuple[str, int], ...]
    """Instruction and metres."""
    edits: tuple[tuple[str, str, str, str], ...]
    """What a person did, to what, why, and who decided."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """Everything that the page says of a plan but its protocols."""

    days: tuple[DayRows, ...]
    unmet: tuple[UnmetRow, ...]
    cancelled: tuple[tuple[str, str, str, str], ...]
    """Schools, when, why, and who decided."""
    corridors: tuple[CorridorRow, ...]
    without: tuple[tuple[str, str, str], ...]
    """Schools without a patrol: name, outcome, reason."""
    changes: tuple[str, ...]
    trade_off: tuple[tuple[int, int, int, bool], ...]
    """Police minutes, need covered in per cent of the most, patrols, chosen."""
    notes: tuple[str, ...]
    n_patrols: int
    n_unmet: int
    police_min: int
    override: tuple[str, str] | None


def view_plan(document: Mapping[str, Any], names: Names) -> PlanView:
    """Lay a plan out for its page.

    Parameters
    ----------
    document
        ``plan.json``. Parts that older plans do not hold may be missing.
    names
        Of roles and aims.
    """
    schools = school_names(document)
    streets = {one["corridor_id"]: tuple(one["streets"]) for one in _list(document, "corridors")}
    patrols = sorted(
        _list(document, "patrols"), key=lambda one: (one["starts_at"], one["patrol_id"])
    )
    rows = [_patrol_row(one, schools, streets, names) for one in patrols]
    override = document.get("override")
    return PlanView(
        days=tuple(
            DayRows(day, tuple(one for one in rows if one.day == day))
            for day in dict.fromkeys(one.day for one in rows)
        ),
        unmet=tuple(_unmet_row(one, schools, names) for one in _list(document, "unmet")),
        cancelled=tuple(_cancelled_row(one, schools) for one in _list(document, "cancelled")),
        corridors=tuple(_corridor_row(one, schools) for one in _list(document, "corridors")),
        without=tuple(
            (one["name"], OUTCOMES.get(one["outcome"], one["outcome"]), one["reason"])
            for one in _list(document, "schools")
            if one.get("outcome") not in (None, "patrol")
        ),
        changes=tuple(_change_words(one, schools) for one in _list(document, "changes")),
        trade_off=_trade_off(_list(document, "trade_off")),
        notes=tuple(str(one) for one in document.get("notes", ()) if one),
        n_patrols=len(rows),
        n_unmet=len(_list(document, "unmet")),
        police_min=sum(one.police_min for one in rows),
        override=(override["reason"], override["by"]) if override else None,
    )


def school_names(document: Mapping[str, Any]) -> dict[str, str]:
    """Give the names of a plan's schools by id."""
    return {one["school_id"]: one["name"] for one in _list(document, "schools")}


def _list(document: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    """Give the records of a part; a part that is not there is empty."""
    return [one for one in document.get(key) or () if isinstance(one, Mapping)]


def _patrol_row(
    one: Mapping[str, Any],
    schools: Mapping[str, str],
    streets: Mapping[str, tuple[str, ...]],
    names: Names,
) -> PatrolRow:
    starts_at, ends_at = _moment(one["starts_at"]), _moment(one["ends_at"])
    posts = tuple(
        PostRow(
            post["post_id"], names.role(post["role"]), post["organisation"], post["police"], n == 0
        )
        for n, post in enumerate(one["posts"])
    )
    return PatrolRow(
        patrol_id=one["patrol_id"],
        school_id=one["school_id"],
        school=schools.get(one["school_id"], one["school_id"]),
        on=starts_at.date(),
        day=day_words(starts_at.date()),
        times=times_words(starts_at, ends_at),
        streets=streets.get(one["corridor_id"], ()),
        corridor_id=one["corridor_id"],
        posts=posts,
        aim=names.aim(one["aim"]),
        aim_why=one.get("aim_why", ""),
        police=POLICE.get(one["police"], one["police"]),
        police_min=one["police_min"],
        police_why=one.get("police_why", ""),
        protocol_id=one["protocol_id"],
        cover=tuple(
            (two["post_id"], two["stand_in"] or "nobody", two["falls_away"])
            for two in one.get("cover", ())
        ),
        alternatives=tuple((two["what"], two["why_not"]) for two in one.get("alternatives", ())),
    )


def _unmet_row(one: Mapping[str, Any], schools: Mapping[str, str], names: Names) -> UnmetRow:
    starts_at, ends_at = _moment(one["starts_at"]), _moment(one["ends_at"])
    return UnmetRow(
        school=schools.get(one["school_id"], one["school_id"]),
        day=day_words(starts_at.date()),
        times=times_words(starts_at, ends_at),
        aim=names.aim(one["aim"]),
        missing=tuple(one["missing"]),
        would_help=one["would_help"],
        clash=tuple(one.get("clash", ())),
    )


def _cancelled_row(one: Mapping[str, Any], schools: Mapping[str, str]) -> tuple[str, str, str, str]:
    starts_at, ends_at = _moment(one["starts_at"]), _moment(one["ends_at"])
    when = f"{day_words(starts_at.date())}, {times_words(starts_at, ends_at)}"
    who = " and ".join(schools.get(two, two) for two in one["school_ids"])
    return who, when, one["reason"], one["by"]


def _corridor_row(one: Mapping[str, Any], schools: Mapping[str, str]) -> CorridorRow:
    school_ids = tuple(one["school_ids"])
    return CorridorRow(
        corridor_id=one["corridor_id"],
        school_ids=school_ids,
        name=" and ".join(schools.get(two, two) for two in school_ids),
        streets=tuple(one["streets"]),
        length_m=round(one["length_m"]),
        walk_m=round(one["walk_m"]),
        grade=GRADES.get(one["grade"], one["grade"]),
        why=tuple(one["why"]),
        method=_METHODS.get(one.get("method", ""), ""),
        steps=tuple((two["instruction"], round(two["length_m"])) for two in one.get("steps", ())),
        edits=tuple(
            (_EDITS.get(two["kind"], two["kind"]), two["what"], two["reason"], two["by"])
            for two in one.get("edits", ())
        ),
    )


def _change_words(one: Mapping[str, Any], schools: Mapping[str, str]) -> str:
    subject = schools.get(one["subject_id"], one["subject_id"])
    return f"{one['kind'].capitalize()}: {one['subject']} {subject}. {one['what']}"


def _trade_off(
    choices: Sequence[Mapping[str, Any]],
) -> tuple[tuple[int, int, int, bool], ...]:
    most = max((one["need_covered"] for one in choices), default=0.0) or 1.0
    return tuple(
        (
            one["police_min"],
            round(100 * one["need_covered"] / most),
            one["n_patrols"],
            one["is_chosen"],
        )
        for one in choices
    )


def _moment(text: str) -> datetime:
    """Read a time of the plan, which has the area's own offset."""
    return datetime.fromisoformat(text)
