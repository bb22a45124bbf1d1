"""The best roster by trying everything: the slow, obvious twin of the solver."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from tests.checks.roster_checker import broken_team_rules, broken_week_rules, minutes_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from corridors.domain.area import Absence
    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Role
    from corridors.planning.posts import Post
    from corridors.planning.roster_last import LastRoster
    from corridors.planning.roster_rules import TeamRules
    from corridors.planning.week import PatrolDemand

__all__ = ["BruteWeek"]

Teams = dict[str, tuple["Post", ...]]


@dataclass
class BruteWeek:
    """One small week with all that is given for it."""

    demands: Sequence[PatrolDemand]
    posts: Sequence[Post]
    aims: Mapping[str, Aim]
    roles: Mapping[str, Role]
    parameters: Parameters
    rules: TeamRules | None = None
    absences: Iterable[Absence] = ()
    travel: Mapping[tuple[str, str], float] | None = None
    last: LastRoster | None = None
    is_replan: bool = False

    def rosters(self) -> Iterator[Teams]:
        """Give every roster that breaks no rule."""
        options: list[list[tuple[str, tuple[Post, ...] | None]]] = []
        for demand in self.demands:
            found: list[tuple[str, tuple[Post, ...] | None]] = [(demand.demand_id, None)]
            aim = self.aims[demand.aim_id]
            for size in range(2, len(self.posts) + 1):
                found += [
                    (demand.demand_id, team)
                    for team in combinations(self.posts, size)
                    if not broken_team_rules(
                        demand, team, aim, self.roles, self.rules, self.absences
                    )
                ]
            options.append(found)
        yield from self._longer(options, {})

    def _longer(
        self, options: Sequence[Sequence[tuple[str, tuple[Post, ...] | None]]], teams: Teams
    ) -> Iterator[Teams]:
        if not options:
            yield dict(teams)
            return
        by_id = {demand.demand_id: demand for demand in self.demands}
        for demand_id, team in options[0]:
            longer = dict(teams) if team is None else {**teams, demand_id: team}
            if team is None or not broken_week_rules(by_id, longer, self.parameters, self.travel):
                yield from self._longer(options[1:], longer)

    def first_score(self, teams: Teams) -> tuple[int, ...]:
        """Give what decides which patrols are walked: less is better."""
        by_id = {demand.demand_id: demand for demand in self.demands}
        need = sum(round(by_id[d].weight) for d in teams)
        police = sum(
            round((by_id[d].ends_at - by_id[d].starts_at).total_seconds() / 60)
            for d, team in teams.items()
            for post in team
            if post.police
        )
        was, _ = self._last()
        lost = len(was - teams.keys()) if self.is_replan else 0
        return -need, police, lost

    def then_score(self, teams: Teams) -> tuple[int, ...]:
        """Give what decides who walks them."""
        by_id = {demand.demand_id: demand for demand in self.demands}
        loads = [sum(post in team for team in teams.values()) for post in self.posts]
        was, places = self._last()
        on = {(d, post.post_id) for d, team in teams.items() for post in team}
        changed = len({place for place in on ^ places if place[0] in was})
        way, second, new = 0, 0, 0
        for post in self.posts:
            own = sorted(
                (by_id[d] for d, team in teams.items() if post in team), key=lambda d: d.starts_at
            )
            for one, other in pairwise(own):
                if one.starts_at.date() == other.starts_at.date():
                    way += round(minutes_between(one, other, self.parameters, self.travel))
            second += sum(n - 1 for n in Counter(d.starts_at.date() for d in own).values())
            if self.last is not None:
                known = {p.corridor_id for p in self.last.places if p.post_id == post.post_id}
                new += sum(demand.corridor_id not in known for demand in own)
        spread = sum(n * n for n in loads)
        return sum(loads), changed if self.is_replan else 0, spread, way, second, new

    def _last(self) -> tuple[set[str], set[tuple[str, str]]]:
        """Give the patrols of the last plan that are asked for again, and who was on them."""
        was: set[str] = set()
        places: set[tuple[str, str]] = set()
        if self.last is None:
            return was, places
        for demand in self.demands:
            day = demand.starts_at.date()
            for place in self.last.places:
                same_week = 0 <= (day - self.last.week).days < 7
                same_day = place.on == day if same_week else place.on.weekday() == day.weekday()
                if same_day and (place.corridor_id, place.school_id) == (
                    demand.corridor_id,
                    demand.school_id,
                ):
                    was.add(demand.demand_id)
                    places.add((demand.demand_id, place.post_id))
        return was, places

    def best(self) -> dict[frozenset[str], tuple[tuple[int, ...], tuple[int, ...]]]:
        """Give, by the patrols that are walked, the scores of the best rosters there are."""
        scored: dict[frozenset[str], tuple[tuple[int, ...], tuple[int, ...]]] = {}
        for teams in self.rosters():
            score = (self.first_score(teams), self.then_score(teams))
            key = frozenset(teams)
            scored[key] = min(score, scored.get(key, score))
        top = min(first for first, _ in scored.values())
        return {key: score for key, score in scored.items() if score[0] == top}

    def can_all_be_walked(self, demand_ids: Iterable[str]) -> bool:
        """Tell whether these patrols, and no other, can all be staffed."""
        wanted = set(demand_ids)
        part = BruteWeek(
            [demand for demand in self.demands if demand.demand_id in wanted],
            self.posts,
            self.aims,
            self.roles,
            self.parameters,
            self.rules,
            self.absences,
            self.travel,
        )
        return any(len(teams) == len(wanted) for teams in part.rosters())
