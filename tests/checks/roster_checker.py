"""Every hard rule of a roster, written apart from the solver and from its helpers.

It reads demands, posts, aims and roles as they are, and uses nothing of `corridors.planning` but
the records.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from corridors.planning.roster_rules import TeamRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from corridors.domain.area import Absence
    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Role
    from corridors.planning.posts import Post
    from corridors.planning.week import PatrolDemand

__all__ = ["broken_rules", "broken_team_rules", "broken_week_rules", "minutes_between"]


def broken_rules(
    demands: Iterable[PatrolDemand],
    teams: Mapping[str, tuple[Post, ...]],
    leads: Mapping[str, str],
    unmet: Iterable[str],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
    *,
    rules: TeamRules | None = None,
    absences: Iterable[Absence] = (),
    travel: Mapping[tuple[str, str], float] | None = None,
) -> list[str]:
    """List every rule that a roster breaks, in words; empty is right."""
    by_id = {demand.demand_id: demand for demand in demands}
    broken = []
    if set(teams) & set(unmet) or set(teams) | set(unmet) != set(by_id):
        broken.append("a demand is neither staffed nor unmet, or both")
    for demand_id, team in teams.items():
        demand = by_id[demand_id]
        faults = broken_team_rules(demand, team, aims[demand.aim_id], roles, rules, absences)
        broken.extend(f"{demand_id}: {fault}" for fault in faults)
        lead = [post for post in team if post.post_id == leads[demand_id]]
        if len(lead) != 1 or not _may_lead(lead[0], aims[demand.aim_id], roles):
            broken.append(f"{demand_id}: the lead may not lead")
    return broken + broken_week_rules(by_id, teams, parameters, travel)


def _may_lead(post: Post, aim: Aim, roles: Mapping[str, Role]) -> bool:
    role = roles[post.role]
    return post.role in aim.lead_roles and role.may_lead and (aim.enforcement or not role.police)


def _is_meant(word: str, post: Post) -> bool:
    return word in {post.post_id, post.role, post.organisation} or (
        word == "police" and post.police
    )


def _refusal_is_broken(team: tuple[Post, ...], rules: TeamRules) -> bool:
    for refusal in rules.refusals:
        for one in team:
            for other in team:
                if (
                    one is not other
                    and _is_meant(refusal.who, one)
                    and any(_is_meant(word, other) for word in refusal.refuses)
                ):
                    return True
    return any(
        _is_meant(word, other)
        for one in team
        for other in team
        if one is not other
        for word in one.refuses
    )


def _pairing_is_broken(team: tuple[Post, ...], rules: TeamRules) -> bool:
    asked = [(post, post.walks_only_with) for post in team if post.walks_only_with]
    asked += [
        (post, rule.beside) for rule in rules.pairings for post in team if _is_meant(rule.who, post)
    ]
    return any(
        not any(_is_meant(word, other) for other in team if other is not post for word in beside)
        for post, beside in asked
    )


def broken_team_rules(
    demand: PatrolDemand,
    team: tuple[Post, ...],
    aim: Aim,
    roles: Mapping[str, Role],
    rules: TeamRules | None = None,
    absences: Iterable[Absence] = (),
) -> list[str]:
    """List the rules that one team breaks, other patrols apart."""
    names = [post.role for post in team]
    n_police = sum(roles[name].police for name in names)
    asked = {role for group in aim.needed for role in group} | {*aim.welcome, *aim.lead_roles}
    counted = len(team) if aim.enforcement else len(team) - n_police
    police_groups = [g for g in aim.needed if any(roles[r].police for r in g if r in roles)]
    start = demand.starts_at.hour * 60 + demand.starts_at.minute
    end = demand.ends_at.hour * 60 + demand.ends_at.minute
    given = rules or TeamRules()
    day = demand.starts_at.date()
    away = {absence.post_id for absence in absences if absence.first <= day <= absence.last}
    checks = {
        "a post twice": len({post.post_id for post in team}) < len(team),
        "a needed role is missing": not all(set(group) & set(names) for group in aim.needed),
        "an unsuitable role": bool(set(names) & set(aim.unsuitable)),
        "a role that the aim does not ask for": not set(names) <= asked,
        "too few posts, police not counted": counted < max(aim.min_posts, 2),
        "police without need": n_police > 0 and aim.police != "needed",
        "more police than named": not aim.enforcement and n_police > len(police_groups),
        "nobody may lead": not any(_may_lead(post, aim, roles) for post in team),
        "a refusal": n_police > 0 and not all(post.walks_with_police for post in team),
        "a refusal between posts": _refusal_is_broken(team, given),
        "a pairing": _pairing_is_broken(team, given),
        "an absence": any(post.post_id in away for post in team),
        "a weekday": any(demand.starts_at.weekday() not in post.weekdays for post in team),
        "past midnight": demand.starts_at.date() != demand.ends_at.date(),
        "hours": not all(post.from_min <= start <= end <= post.to_min for post in team),
        "a school tie": any(p.school_ids and demand.school_id not in p.school_ids for p in team),
    }
    return [rule for rule, is_broken in checks.items() if is_broken]


def broken_week_rules(
    demands: Mapping[str, PatrolDemand],
    teams: Mapping[str, tuple[Post, ...]],
    parameters: Parameters,
    travel: Mapping[tuple[str, str], float] | None = None,
) -> list[str]:
    """List the rules that posts break over the week."""
    broken = []
    walks: dict[str, list[PatrolDemand]] = defaultdict(list)
    post_of = {}
    for demand_id, team in teams.items():
        for post in team:
            walks[post.post_id].append(demands[demand_id])
            post_of[post.post_id] = post
    for post_id, own in walks.items():
        post = post_of[post_id]
        if len(own) > post.max_patrols_week:
            broken.append(f"{post_id}: too many patrols")
        broken += [f"{post_id}: {fault}" for fault in _faults_between(own, parameters, travel)]
        by_day = Counter(demand.starts_at.date() for demand in own)
        if max(by_day.values()) > parameters.max_patrols_day:
            broken.append(f"{post_id}: too many patrols on one day")
        n_schools = len(Counter(demand.school_id for demand in own))
        if post.school_linked:
            most = parameters.schools_per_officer if post.police else max(len(post.school_ids), 1)
            if n_schools > most:
                broken.append(f"{post_id}: too many schools")
    return broken


def _faults_between(
    own: list[PatrolDemand],
    parameters: Parameters,
    travel: Mapping[tuple[str, str], float] | None,
) -> Iterator[str]:
    for one, other in combinations(sorted(own, key=lambda d: d.starts_at), 2):
        gap_min = (other.starts_at - one.ends_at).total_seconds() / 60
        if one.starts_at.date() != other.starts_at.date():
            if gap_min < 60 * parameters.rest_h:
                yield "too little rest"
        elif gap_min < minutes_between(one, other, parameters, travel):
            yield "in two places, or no time between them"


def minutes_between(
    one: PatrolDemand,
    other: PatrolDemand,
    parameters: Parameters,
    travel: Mapping[tuple[str, str], float] | None,
) -> float:
    """Give the minutes of the way from one patrol to another."""
    if one.corridor_id == other.corridor_id:
        return 0
    for pair in ((one.corridor_id, other.corridor_id), (other.corridor_id, one.corridor_id)):
        if travel is not None and pair in travel:
            return math.ceil(round(travel[pair] / parameters.walk_m_per_s / 60, 6))
    return parameters.travel_min
