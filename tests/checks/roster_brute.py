"""The best roster by trying everything: the slow, obvious twin of the solver."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from tests.checks.roster_checker import broken_team_rules, broken_week_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Role
    from corridors.planning.posts import Post
    from corridors.planning.week import PatrolDemand

__all__ = ["best_roster"]

Teams = dict[str, tuple["Post", ...]]


def best_roster(
    demands: Sequence[PatrolDemand],
    posts: Sequence[Post],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
) -> list[tuple[int, int, frozenset[str], int, int]]:
    """Give, of the rosters with most need and least police, all kinds that there are.

    Returns
    -------
    list of (need, police_min, covered, n_posts, spread)
        One for each set of covered patrols: of its rosters that with fewest posts, then least
        spread.
    """
    by_id = {demand.demand_id: demand for demand in demands}
    options: list[list[tuple[str, tuple[Post, ...] | None]]] = []
    for demand in demands:
        found: list[tuple[str, tuple[Post, ...] | None]] = [(demand.demand_id, None)]
        for size in range(2, len(posts) + 1):
            found += [
                (demand.demand_id, team)
                for team in combinations(posts, size)
                if not broken_team_rules(demand, team, aims[demand.aim_id], roles)
            ]
        options.append(found)
    scored: dict[frozenset[str], tuple[int, int, int, int]] = {}
    for teams in _rosters(options, {}, by_id, parameters):
        need = sum(round(by_id[d].weight) for d in teams)
        police = sum(
            round((by_id[d].ends_at - by_id[d].starts_at).total_seconds() / 60)
            for d, team in teams.items()
            for post in team
            if post.police
        )
        loads = [sum(post in team for team in teams.values()) for post in posts]
        score = (-need, police, sum(loads), sum(n * n for n in loads))
        key = frozenset(teams)
        scored[key] = min(score, scored.get(key, score))
    best = min(score[:2] for score in scored.values())
    return [
        (-score[0], score[1], covered, score[2], score[3])
        for covered, score in scored.items()
        if score[:2] == best
    ]


def _rosters(
    options: Sequence[Sequence[tuple[str, tuple[Post, ...] | None]]],
    teams: Teams,
    by_id: Mapping[str, PatrolDemand],
    parameters: Parameters,
) -> Iterator[Teams]:
    if not options:
        yield dict(teams)
        return
    for demand_id, team in options[0]:
        longer = dict(teams) if team is None else {**teams, demand_id: team}
        if team is None or not broken_week_rules(by_id, longer, parameters):
            yield from _rosters(options[1:], longer, by_id, parameters)
