"""What a partner sees of a week: the released part, its own posts, and what waits for its word.

Nothing here is taken from the exact plan but the organisation's own posts and the protocols that
need it. Where a patrol was not released, its own posts' part in it is not shown either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.errors import Conflict, NotFound
from api.partners.agreeing import lacking_parties, protocols_of
from api.store import Unit
from api.store.partner_records import Answer, AnswerWord, plain_party
from api.store.records import Area, Patrol, PlanHead, School
from api.team.names import Names, inner_words
from api.team.words import day_words, list_words, times_words

__all__ = [
    "CorridorView",
    "PartnerWeek",
    "PatrolView",
    "ProtocolView",
    "coming_heads",
    "find_head",
    "find_newest",
    "view_week",
]

_TEXT = ("leads", "call_police_when", "call_police_how", "not_for_police", "withdraw_to")
_DRAFT = "DRAFT"


@dataclass(frozen=True, slots=True)
class PatrolView:
    """A patrol as it is announced, and which of one's own posts would walk it."""

    day: str
    times: str
    school: str
    streets: str
    about: tuple[str, ...]
    own: tuple[tuple[str, str, bool], ...]
    """Post, its role, whether it leads."""
    others: str
    """Who else, by role only; empty where none of one's own walks."""
    protocol_id: str | None


@dataclass(frozen=True, slots=True)
class ProtocolView:
    """What has to be agreed for the patrols without police of one school."""

    protocol_id: str
    school: str
    aim: str
    leads: str
    call_police_when: tuple[str, ...]
    call_police_how: str
    not_for_police: tuple[str, ...]
    withdraw_to: str
    contacts: tuple[str, ...]
    answer: Answer | None
    """One's own newest."""
    noted_on: date | None
    """When the team noted that one agreed, without an answer here."""
    is_changed: bool
    """Whether it reads differently from when one answered."""
    n_others: int
    n_others_agreed: int

    @property
    def state(self) -> str:
        """``agrees``, ``declines``, ``proposes`` or ``waits``."""
        if self.answer is not None:
            return str(self.answer.word)
        return "waits" if self.noted_on is None else str(AnswerWord.AGREES)

    @property
    def on(self) -> date | None:
        """The day of one's own word."""
        return self.noted_on if self.answer is None else self.answer.on


@dataclass(frozen=True, slots=True)
class CorridorView:
    """A released corridor."""

    corridor_id: str
    schools: str
    length_m: int
    streets: str


@dataclass(frozen=True, slots=True)
class PartnerWeek:
    """The newest version of a week, as a partner sees it."""

    head: PlanHead
    is_asked: bool
    patrols: tuple[PatrolView, ...]
    protocols: tuple[ProtocolView, ...]
    corridors: tuple[CorridorView, ...]
    is_agreed_by_all: bool
    has_map: bool

    @property
    def n_waiting(self) -> int:
        """How many protocols wait for this organisation's word."""
        return sum(one.state == "waits" for one in self.protocols)

    @property
    def n_own(self) -> int:
        """How many patrols one's own posts would walk."""
        return sum(bool(one.own) for one in self.patrols)


def coming_heads(unit: Unit, area_id: str, today: date) -> list[PlanHead]:
    """Give the newest version of each week that is not over, the next week first."""
    newest: dict[date, PlanHead] = {}
    for head in unit.plans.heads(area_id):
        if head.week + timedelta(days=7) > today:
            kept = newest.setdefault(head.week, head)
            if head.version > kept.version:
                newest[head.week] = head
    return [newest[week] for week in sorted(newest)]


def find_newest(unit: Unit, area_id: str, today: date, week: date) -> PlanHead:
    """Give the newest version of a week that is not over.

    Raises
    ------
    NotFound
        When there is none.
    """
    for head in coming_heads(unit, area_id, today):
        if head.week == week:
            return head
    raise NotFound


def find_head(unit: Unit, area_id: str, today: date, week: date, version: int) -> PlanHead:
    """Give a version that a partner may look at: the newest of a week that is not over.

    Raises
    ------
    NotFound
        When there is no such week or version.
    Conflict
        When a newer version took its place.
    """
    head = find_newest(unit, area_id, today, week)
    if version < head.version:
        raise Conflict(
            "There is a newer version of this plan.", f"Look at version {head.version} first."
        )
    if version > head.version:
        raise NotFound
    return head


def view_week(unit: Unit, area: Area, head: PlanHead, party: str, names: Names) -> PartnerWeek:
    """Lay a version of a plan out for one organisation.

    Parameters
    ----------
    unit
        Where it is kept.
    area, head
        The area, and the version.
    party
        Name of the organisation.
    names
        Of roles and aims.
    """
    document = json.loads(unit.plans.document(head.plan_id))
    schools = {one.school_id: one for one in unit.plans.schools(head.plan_id)}
    released = unit.plans.patrols(head.plan_id)
    standing = unit.answers.standing(area.area_id)
    features = [
        json.loads(one.properties) for one in unit.features.corridors_of(head.plan_id, area.area_id)
    ]
    return PartnerWeek(
        head=head,
        is_asked=any(
            plain_party(one.party) == plain_party(party) for one in unit.answers.asked(head.plan_id)
        ),
        patrols=_view_patrols(document, released, schools, area, party, names),
        protocols=_view_protocols(unit, document, standing, party, schools, names),
        corridors=tuple(_view_corridor(one, released, schools) for one in features),
        is_agreed_by_all=not lacking_parties(document, standing),
        has_map=unit.plans.file(head.plan_id, "map.html") is not None,
    )


def _view_patrols(
    document: Mapping[str, Any],
    released: Sequence[Patrol],
    schools: Mapping[str, School],
    area: Area,
    party: str,
    names: Names,
) -> tuple[PatrolView, ...]:
    exact = {
        (one["school_id"], datetime.fromisoformat(one["starts_at"]).astimezone(UTC)): one
        for one in document.get("patrols") or ()
        if isinstance(one, Mapping)
    }
    # a shared corridor's patrol is announced at each of its schools: it is one patrol
    patrols: dict[tuple[datetime, str], list[Patrol]] = {}
    for one in released:
        patrols.setdefault((one.starts_at, one.streets), []).append(one)
    views = []
    for same in patrols.values():
        found = (exact.get((one.school_id, one.starts_at)) for one in same)
        own, others, protocol_id = _who(next((one for one in found if one), None), party, names)
        first, zone = same[0], ZoneInfo(area.timezone)
        starts_at, ends_at = first.starts_at.astimezone(zone), first.ends_at.astimezone(zone)
        views.append(
            PatrolView(
                day=day_words(starts_at.date()),
                times=times_words(starts_at, ends_at),
                school=list_words([schools[one.school_id].name for one in same]),
                streets=first.streets,
                about=_about(first.description),
                own=own,
                others=others,
                protocol_id=protocol_id,
            )
        )
    return tuple(views)


def _who(
    patrol: Mapping[str, Any] | None, party: str, names: Names
) -> tuple[tuple[tuple[str, str, bool], ...], str, str | None]:
    """Give one's own posts, and the others by role only."""
    if patrol is None:
        return (), "", None
    posts = [(n == 0, one) for n, one in enumerate(patrol["posts"])]
    wanted = plain_party(party)
    own = tuple(
        (one["post_id"], inner_words(names.role(one["role"])), leads)
        for leads, one in posts
        if plain_party(one["organisation"]) == wanted
    )
    if not own:
        return (), "", None
    roles = [
        inner_words(names.role(one["role"]))
        for _, one in posts
        if plain_party(one["organisation"]) != wanted
    ]
    return own, list_words(sorted(set(roles))), patrol["protocol_id"]


def _about(description: str) -> tuple[str, ...]:
    """Split what is announced into paragraphs; that it is a draft is said elsewhere."""
    parts = (one.strip() for one in description.split("\n\n"))
    return tuple(one for one in parts if one and not one.startswith(_DRAFT))


def _view_protocols(
    unit: Unit,
    document: Mapping[str, Any],
    standing: Sequence[Answer],
    party: str,
    schools: Mapping[str, School],
    names: Names,
) -> tuple[ProtocolView, ...]:
    wanted = plain_party(party)
    lacking = {(one, plain_party(who)) for one, who in lacking_parties(document, standing)}
    answers = {one.protocol_id: one for one in standing if plain_party(one.party) == wanted}
    views = []
    for one in protocols_of(document):
        parties = {plain_party(who) for who in one["needed_from"]}
        if wanted not in parties:
            continue
        protocol_id, school_id = str(one["protocol_id"]), str(one["school_id"])
        answer = answers.get(protocol_id)
        noted = {plain_party(who["by"]): who["on"] for who in one["agreed_by"]}.get(wanted)
        others = parties - {wanted}
        views.append(
            ProtocolView(
                protocol_id=protocol_id,
                school=schools[school_id].name if school_id in schools else school_id,
                aim=names.aim(one["aim"]),
                leads=one["leads"],
                call_police_when=tuple(one["call_police_when"]),
                call_police_how=one["call_police_how"],
                not_for_police=tuple(one["not_for_police"]),
                withdraw_to=one["withdraw_to"],
                contacts=tuple(one["contacts"]),
                answer=answer,
                noted_on=date.fromisoformat(str(noted)) if noted else None,
                is_changed=answer is not None and _is_changed(unit, answer, one),
                n_others=len(others),
                n_others_agreed=sum((protocol_id, who) not in lacking for who in others),
            )
        )
    return tuple(views)


def _is_changed(unit: Unit, answer: Answer, protocol: Mapping[str, Any]) -> bool:
    """Tell whether a protocol reads differently from when somebody answered on it."""
    then = json.loads(unit.plans.document(answer.plan_id))
    for one in protocols_of(then):
        if one["protocol_id"] == protocol["protocol_id"]:
            return any(one.get(key) != protocol.get(key) for key in _TEXT)
    return False


def _view_corridor(
    properties: Mapping[str, Any], released: Sequence[Patrol], schools: Mapping[str, School]
) -> CorridorView:
    school_ids = [str(one) for one in properties["school_ids"]]
    named = [schools[one].name if one in schools else one for one in school_ids]
    streets = next((one.streets for one in released if one.school_id in school_ids), "")
    return CorridorView(
        str(properties["corridor_id"]),
        list_words(named),
        round(float(properties["length_m"])),
        streets,
    )
