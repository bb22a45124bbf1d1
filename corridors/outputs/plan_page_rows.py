"""What the plan page says of one corridor: its patrols by day, and what holds for all of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from corridors.domain.vocabulary import PolicePresence
from corridors.outputs.words import (
    POLICE_WORDS,
    brief_day_words,
    inner_words,
    list_words,
    short_day_words,
    times_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from corridors.domain.plan import (
        Aim,
        Corridor,
        Patrol,
        Plan,
        Protocol,
        Role,
    )
    from corridors.domain.plan_parts import (
        Cover,
    )

__all__ = ["Namer", "corridor_rows", "glance_rows", "interval_words", "role_rows"]

_Said = TypeVar("_Said")

_METHODS = {
    "fast": "Found by the quick search",
    "proven": "Proven: no other corridor of this length gathers more need",
    "bounded": "Found by the thorough search",
    "drawn": "Drawn by a person",
}
_EDITS = {
    "redraw": "Redrawn",
    "shorten": "Shortened",
    "forbid": "Left out",
    "require": "Put in",
}


class Namer:
    """Names for ids: of schools, roles, aims and the streets of segments."""

    def __init__(
        self,
        plan: Plan,
        roles: Mapping[str, Role],
        aims: Mapping[str, Aim],
        streets: Mapping[str, str],
    ) -> None:
        self._schools = {school.school_id: school.name for school in plan.schools}
        self._roles, self.aims, self._streets = roles, aims, streets
        told = {one.corridor_id: self.corridor(one) for one in (*plan.corridors, *plan.candidates)}
        for one in plan.protocols:
            told[one.protocol_id] = (
                f"The protocol for {self.school(one.school_id)} ({inner_words(self.aim(one.aim))})"
            )
        # The longest first: one id may begin as another one does.
        self._told = dict(sorted(told.items(), key=lambda item: -len(item[0])))

    def corridor(self, corridor: Corridor) -> str:
        """Name a corridor by its schools."""
        return list_words([self.school(one) for one in corridor.school_ids])

    def say(self, words: str) -> str:
        """Put names in the place of the ids of corridors and protocols."""
        for one, name in self._told.items():
            words = words.replace(one, name)
        return words

    def school(self, school_id: str) -> str:
        """Name a school."""
        return self._schools.get(school_id, school_id)

    def role(self, role_id: str) -> str:
        """Name a role as inside a sentence."""
        return inner_words(self._roles[role_id].name) if role_id in self._roles else role_id

    def aim(self, aim_id: str) -> str:
        """Name an aim."""
        return self.aims[aim_id].name if aim_id in self.aims else aim_id.replace("_", " ")

    def street(self, segment_id: str) -> str:
        """Name the street of a segment; a piece without a name says so."""
        return self._streets.get(segment_id) or "a path without a name"

    def streets(self, walk: Sequence[str]) -> list[str]:
        """Name the streets of a walk in order, each stretch once, links without a name left out."""
        named = [name for segment in walk if (name := self._streets.get(segment))]
        return [name for place, name in enumerate(named) if not place or name != named[place - 1]]


def glance_rows(plan: Plan, namer: Namer) -> list[dict[str, Any]]:
    """Give one row a patrol, in order of time: when, where, who, why, police."""
    streets = {corridor.corridor_id: corridor.streets for corridor in plan.corridors}
    return [
        {
            "day": brief_day_words(patrol.starts_at),
            "times": times_words(patrol.starts_at, patrol.ends_at),
            "school": namer.school(patrol.school_id),
            "corridor_id": patrol.corridor_id,
            "streets": _from_to(streets.get(patrol.corridor_id, ())),
            "who": _roles_words(patrol, namer),
            "aim": namer.aim(patrol.aim),
            "police": _police_words(patrol),
        }
        for patrol in _in_order(plan.patrols)
    ]


def corridor_rows(plan: Plan, corridor: Corridor, namer: Namer) -> dict[str, Any]:
    """Collect what is said of one corridor and its patrols."""
    patrols = [p for p in _in_order(plan.patrols) if p.corridor_id == corridor.corridor_id]
    results = [r for r in plan.schools if r.school_id in corridor.school_ids]
    wanted = {patrol.protocol_id for patrol in patrols}
    return {
        "corridor": corridor,
        "name": namer.corridor(corridor),
        "results": results,
        "method": _METHODS.get(corridor.method, corridor.method),
        "interval": interval_words(corridor, plan.basis),
        "patrols": [_patrol_row(patrol, namer) for patrol in patrols],
        "aims": [
            {
                "name": namer.aim(aim_id),
                "partnership": namer.aims[aim_id].partnership_aim if aim_id in namer.aims else "",
                "why": why,
                "days": days,
            }
            for (aim_id, why), days in _with_days(patrols, lambda p: [(p.aim, p.aim_why)])
        ],
        "police": [
            {"words": POLICE_WORDS[presence], "why": why, "days": days}
            for (presence, why), days in _with_days(
                patrols, lambda p: [(str(p.police), p.police_why)]
            )
        ],
        "cover": [_cover_row(key, days) for key, days in _with_days(patrols, _covers(namer))],
        "alternatives": [
            {"what": one.what, "why_not": one.why_not, "days": days}
            for one, days in _with_days(patrols, lambda p: p.alternatives)
        ],
        "protocols": [
            _protocol_row(protocol, namer)
            for protocol in plan.protocols
            if protocol.protocol_id in wanted
        ],
        "has_police": any(patrol.police == PolicePresence.NEEDED for patrol in patrols),
        "unmet": [one for one in plan.unmet if one.corridor_id == corridor.corridor_id],
        "edits": [(_EDITS.get(edit.kind, edit.kind), edit) for edit in corridor.edits],
        "shared_with": list_words(
            [namer.say(one).removeprefix("corridor-") for one in corridor.shared_with]
        ),
    }


def interval_words(corridor: Corridor, basis: str) -> str:
    """Say how much there is on a corridor, with its interval; empty where it is not known."""
    if corridor.weight_per_day is None:
        return ""
    day = "teaching day" if basis == "window" else "day"
    words = f"{corridor.weight_per_day:.2g} weighted incidents a {day}"
    if corridor.weight_low is not None and corridor.weight_high is not None:
        words += f" (95 % interval {corridor.weight_low:.2g} to {corridor.weight_high:.2g})"
    return words


def role_rows(plan: Plan, roles: Mapping[str, Role]) -> list[Role]:
    """Give the roles on this week's patrols, in the order of the roles file."""
    here = {post.role for patrol in plan.patrols for post in patrol.posts}
    return [role for role_id, role in roles.items() if role_id in here]


def _patrol_row(patrol: Patrol, namer: Namer) -> dict[str, Any]:
    return {
        "patrol": patrol,
        "day": short_day_words(patrol.starts_at),
        "times": times_words(patrol.starts_at, patrol.ends_at),
        "posts": [
            (post.post_id, namer.role(post.role), post.organisation, post.police)
            for post in patrol.posts
        ],
        "police": _police_words(patrol),
        "order": namer.streets(patrol.walk),
        "stays": [(namer.street(dwell.segment_id), dwell.min) for dwell in patrol.dwell],
    }


def _protocol_row(protocol: Protocol, namer: Namer) -> dict[str, Any]:
    agreed = dict(protocol.agreed_by)
    return {
        "protocol": protocol,
        "aim": namer.aim(protocol.aim),
        "parties": [(party, agreed.get(party)) for party in protocol.needed_from],
    }


def _covers(namer: Namer) -> Callable[[Patrol], list[tuple[Cover, str]]]:
    def of(patrol: Patrol) -> list[tuple[Cover, str]]:
        role_of = {post.post_id: namer.role(post.role) for post in patrol.posts}
        return [(cover, role_of.get(cover.post_id, "")) for cover in patrol.cover]

    return of


def _cover_row(key: tuple[Cover, str], days: str) -> dict[str, Any]:
    cover, role = key
    return {
        "post_id": cover.post_id,
        "role": role,
        "stand_in": cover.stand_in,
        "falls_away": cover.falls_away,
        "days": days,
    }


def _with_days(
    patrols: Sequence[Patrol], say: Callable[[Patrol], Iterable[_Said]]
) -> list[tuple[_Said, str]]:
    """Give each different thing to say, with the weekdays that it holds for; empty: all."""
    days: dict[_Said, list[str]] = {}
    for patrol in patrols:
        for one in say(patrol):
            days.setdefault(one, []).append(short_day_words(patrol.starts_at).split()[0])
    return [(one, "" if len(on) == len(patrols) else list_words(on)) for one, on in days.items()]


def _roles_words(patrol: Patrol, namer: Namer) -> str:
    """Say who is there, the lead first."""
    lead, *others = [namer.role(post.role) for post in patrol.posts] or [""]
    words = [one if n == 1 else f"{n} \u00d7 {one}" for one, n in Counter(others).items()]
    return ", ".join([f"{lead[:1].upper()}{lead[1:]} (leads)", *words]) if lead else ""


def _police_words(patrol: Patrol) -> str:
    if patrol.police_min:
        return f"{patrol.police_min} min"
    return "on call" if patrol.police == PolicePresence.ON_CALL else "none"


def _from_to(streets: Sequence[str]) -> str:
    if len(streets) < 2:
        return "".join(streets)
    return f"{streets[0]} to {streets[-1]}"


def _in_order(patrols: Iterable[Patrol]) -> list[Patrol]:
    return sorted(patrols, key=lambda patrol: (patrol.starts_at, patrol.patrol_id))
