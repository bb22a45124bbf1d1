"""Every hard rule of a roster, written apart from the solver and from its helpers.

It reads demands, posts, aims and roles as they are, and uses nothing of `corridors.planning` but
the records.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Role
    from corridors.planning.posts import Post
    from corridors.planning.week import PatrolDemand

__all__ = ["broken_rules", "broken_team_rules", "broken_week_rules"]


def broken_rules(
    demands: Iterable[PatrolDemand],
    teams: Mapping[str, tuple[Post, ...]],
    leads: Mapping[str, str],
    unmet: Iterable[str],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
) -> list[str]:
    """List every rule that a roster breaks, in words; empty is right."""
    by_id = {demand.demand_id: demand for demand in demands}
    broken = []
    if set(teams) & set(unmet) or set(teams) | set(unmet) != set(by_id):
        broken.append("a demand is neither staffed nor unmet, or both")
    for demand_id, team in teams.items():
        demand = by_id[demand_id]
        faults = broken_team_rules(demand, team, aims[demand.aim_id], roles)
        broken.extend(f"{demand_id}: {fault}" for fault in faults)
        lead = [post for post in team if post.post_id == leads[demand_id]]
        if len(lead) != 1 or not _may_lead(lead[0], aims[demand.aim_id], roles):
            broken.append(f"{demand_id}: the lead may not lead")
    return broken + broken_week_rules(by_id, teams, parameters)


def _may_lead(post: Post, aim: Aim, roles: Mapping[str, Role]) -> bool:
    role = roles[post.role]
    return post.role in aim.lead_roles and role.may_lead and (aim.enforcement or not role.police)


def broken_team_rules(
    demand: PatrolDemand, team: tuple[Post, ...], aim: Aim, roles: Mapping[str, Role]
) -> list[str]:
    """List the rules that one team breaks, other patrols apart."""
    names = [post.role for post in team]
    n_police = sum(roles[name].police for name in names)
    asked = {role for group in aim.needed for role in group} | {*aim.welcome, *aim.lead_roles}
    counted = len(team) if aim.enforcement else len(team) - n_police
    police_groups = [g for g in aim.needed if any(roles[r].police for r in g if r in roles)]
    start = demand.starts_at.hour * 60 + demand.starts_at.minute
    end = demand.ends_at.hour * 60 + demand.ends_at.minute
    rules = {
        "a post twice": len({post.post_id for post in team}) < len(team),
        "a needed role is missing": not all(set(group) & set(names) for group in aim.needed),
        "an unsuitable role": bool(set(names) & set(aim.unsuitable)),
        "a role that the aim does not ask for": not set(names) <= asked,
        "too few posts, police not counted": counted < max(aim.min_posts, 2),
        "police without need": n_police > 0 and aim.police != "needed",
        "more police than named": not aim.enforcement and n_police > len(police_groups),
        "nobody may lead": not any(_may_lead(post, aim, roles) for post in team),
        "a refusal": n_police > 0 and not all(post.walks_with_police for post in team),
        "a weekday": any(demand.starts_at.weekday() not in post.weekdays for post in team),
        "past midnight": demand.starts_at.date() != demand.ends_at.date(),
        "hours": not all(post.from_min <= start <= end <= post.to_min for post in team),
        "a school tie": any(p.school_ids and demand.school_id not in p.school_ids for p in team),
    }
    return [rule for rule, is_broken in rules.items() if is_broken]


def broken_week_rules(
    demands: Mapping[str, PatrolDemand],
    teams: Mapping[str, tuple[Post, ...]],
    parameters: Parameters,
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
        for one, other in combinations(sorted(own, key=lambda d: d.starts_at), 2):
            gap_min = (other.starts_at - one.ends_at).total_seconds() / 60
            least = 0 if one.corridor_id == other.corridor_id else parameters.travel_min
            if gap_min < least:
                broken.append(f"{post_id}: in two places, or no time between them")
        n_schools = len(Counter(demand.school_id for demand in own))
        if post.school_linked:
            most = parameters.schools_per_officer if post.police else max(len(post.school_ids), 1)
            if n_schools > most:
                broken.append(f"{post_id}: too many schools")
    return broken
