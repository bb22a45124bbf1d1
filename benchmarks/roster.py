"""Staff generated weeks: seconds, need covered and police minutes, against a greedy baseline.

Then the 40 patrols and 60 posts stage by stage, plain and with everything given: refusals,
pairings, a plan of the week before, distances, bells over the whole afternoon.

Run: ``python -m benchmarks.roster``
"""

from __future__ import annotations

import dataclasses
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from corridors.domain.area import Absence, Pairing, Refusal
from corridors.domain.parameters import Parameters
from corridors.planning import roster_stages
from corridors.planning.posts import Post
from corridors.planning.roster import greedy_roster, staff_patrols
from corridors.planning.roster_last import LastPlace, LastRoster
from corridors.planning.roster_rules import TeamRules
from corridors.planning.roster_trade_off import trade_off
from corridors.planning.week import PatrolDemand
from corridors.sources.reference import read_aims, read_roles

ROLE_SHARES = {
    "youth_worker": 0.24,
    "school_staff": 0.28,
    "camhs_practitioner": 0.06,
    "community_volunteer": 0.16,
    "community_safety_officer": 0.14,
    "ward_officer": 0.08,
    "school_officer": 0.04,
}
AIM_SHARES = {
    "visible_reassurance": 0.3,
    "robbery_way_home": 0.25,
    "group_disputes": 0.2,
    "bullying_harassment": 0.1,
    "early_intervention": 0.1,
    "road_danger": 0.05,
}
MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/London"))


def make_week(
    n_corridors: int, n_posts: int, n_days: int, seed: int, bells_min: int = 60
) -> tuple[list[PatrolDemand], list[Post]]:
    """Draw a week: one school a corridor, bells from 14:45 to 15:45, one demand a day."""
    rng = np.random.default_rng(seed)
    roles = read_roles()
    aims = rng.choice(list(AIM_SHARES), n_corridors, p=list(AIM_SHARES.values()))
    bells = 14 * 60 + 45 + 5 * rng.integers(0, bells_min // 5 + 1, n_corridors)
    need = rng.gamma(2.0, 1.0, (n_corridors, n_days))
    demands = [
        PatrolDemand(
            f"C{corridor:03d}-{day}",
            f"C{corridor:03d}",
            f"S{corridor:03d}",
            MONDAY + timedelta(days=day, minutes=int(bells[corridor])),
            MONDAY + timedelta(days=day, minutes=int(bells[corridor]) + 75),
            str(aims[corridor]),
            float(need[corridor, day]),
        )
        for corridor in range(n_corridors)
        for day in range(n_days)
    ]
    posts = []
    for number, role in enumerate(
        rng.choice(list(ROLE_SHARES), n_posts, p=list(ROLE_SHARES.values()))
    ):
        tied = {"school_staff": 1, "school_officer": 2}.get(str(role), 0)
        posts.append(
            Post(
                f"{role}-{number:03d}",
                str(role),
                roles[role].name,
                roles[role].police,
                tuple(
                    f"S{s:03d}"
                    for s in rng.choice(n_corridors, min(tied, n_corridors), replace=False)
                ),
                tuple(sorted(rng.choice(5, int(rng.integers(2, 6)), replace=False).tolist())),
                int(rng.choice([13 * 60, 14 * 60, 15 * 60])),
                int(rng.choice([17 * 60, 18 * 60, 19 * 60])),
                bool(roles[role].police or rng.random() > 0.3),
                int(rng.integers(2, 6)),
                roles[role].school_linked,
            )
        )
    return demands, posts


def everything(demands: list[PatrolDemand], posts: list[Post]) -> tuple[list[Post], dict[str, Any]]:
    """Give rules, absences, distances and a last plan for a week."""
    rng = np.random.default_rng(2)
    named = [
        dataclasses.replace(post, organisation=f"Organisation {number % 7}")
        for number, post in enumerate(posts)
    ]
    rules = TeamRules(
        (
            Refusal("Organisation 3", ("police",)),
            Refusal("camhs_practitioner", ("ward_officer",)),
            Refusal("Organisation 1", ("Organisation 5",)),
        ),
        (Pairing("community_volunteer", ("youth_worker", "community_safety_officer")),),
    )
    corridors = sorted({demand.corridor_id for demand in demands})
    places = rng.uniform(0, 2_500, (len(corridors), 2))
    travel = {
        (one, other): 1.3 * float(np.hypot(*(places[a] - places[b])))
        for a, one in enumerate(corridors)
        for b, other in enumerate(corridors)
        if one < other
    }
    before = staff_patrols(demands, named, read_aims(), read_roles(), Parameters(), seed=9)
    by_id = {demand.demand_id: demand for demand in demands}
    last = LastRoster(
        MONDAY.date() - timedelta(days=7),
        frozenset(
            LastPlace(
                post.post_id,
                by_id[key].corridor_id,
                by_id[key].school_id,
                by_id[key].starts_at.date() - timedelta(days=7),
            )
            for key, staffing in before.staffed.items()
            for post in staffing.posts
        ),
    )
    absences = [Absence(named[n].post_id, MONDAY.date(), MONDAY.date()) for n in (0, 9, 21)]
    return named, {"rules": rules, "absences": absences, "travel": travel, "last": last}


def show_stages(
    title: str, demands: list[PatrolDemand], posts: list[Post], given: dict[str, Any]
) -> None:
    """Print what each stage reaches, what is proven, and how long it takes."""
    aims, roles, parameters = read_aims(), read_roles(), Parameters()
    seconds: dict[str, float] = {}
    improve = roster_stages._Staged.improve  # noqa: SLF001 -- timed from outside: no clock inside

    def timed(self: Any, name: str, *rest: Any) -> Any:
        started = time.perf_counter()
        found = improve(self, name, *rest)
        seconds[name] = time.perf_counter() - started
        return found

    roster_stages._Staged.improve = timed  # type: ignore[assignment, method-assign]  # noqa: SLF001
    started = time.perf_counter()
    result = staff_patrols(demands, posts, aims, roles, parameters, **given)
    total = time.perf_counter() - started
    roster_stages._Staged.improve = improve  # type: ignore[method-assign]  # noqa: SLF001
    hard = {key: value for key, value in given.items() if key not in {"last", "is_replan"}}
    greedy = greedy_roster(demands, posts, aims, roles, parameters, **hard)
    need = f"{100 * result.need_covered / result.need_total:.1f}"
    print(f"\n{title}: {len(demands)} patrols, {len(posts)} posts, {total:.2f} s in all")
    print(
        f"need {need} % and {result.police_min} police min; greedy "
        f"{100 * greedy.need_covered / greedy.need_total:.1f} % and {greedy.police_min}"
    )
    for stage in result.stages:
        proof = "proven" if stage.is_optimal else f"gap {stage.gap:.1%}"
        print(
            f"  {stage.name:15s} {stage.value:8d}  {proof:10s} {seconds.get(stage.name, 0):6.2f} s"
        )
    n_told = sum(bool(shortfall.clash) for shortfall in result.unmet.values())
    n_in = sum(cover.stand_in is not None for one in result.cover.values() for cover in one)
    n_posts = sum(len(one) for one in result.cover.values())
    print(f"  clash told for {n_told} of {len(result.unmet)} unmet; {n_in} of {n_posts} stand-ins")
    started = time.perf_counter()
    curve = trade_off(result, demands, posts, aims, roles, parameters, **hard)
    n_proven = sum(point.is_optimal for point in curve)
    took = time.perf_counter() - started
    print(f"  trade-off: {len(curve)} choices, {n_proven} proven, {took:.2f} s")


def main() -> None:
    aims, roles = read_aims(), read_roles()
    parameters = Parameters()
    print("case                         solver  seconds  need %  police min  posts  gap by stage")
    for n_corridors, n_posts, n_days in ((3, 25, 5), (8, 60, 5), (20, 100, 5), (80, 200, 5)):
        demands, posts = make_week(n_corridors, n_posts, n_days, seed=1)
        case = f"{len(demands):4d} patrols, {n_posts:3d} posts"
        for name, solve in (("greedy", greedy_roster), ("CP-SAT", staff_patrols)):
            started = time.perf_counter()
            result = solve(demands, posts, aims, roles, parameters)
            seconds = time.perf_counter() - started
            n_on = sum(len(staffing.posts) for staffing in result.staffed.values())
            gaps = " ".join(f"{stage.name} {stage.gap:.1%}" for stage in result.stages)
            share = 100 * result.need_covered / result.need_total
            print(
                f"{case:28s} {name:6s} {seconds:8.2f} {share:7.1f} {result.police_min:11d} "
                f"{n_on:6d}  {gaps}",
                flush=True,
            )
    demands, posts = make_week(8, 60, 5, seed=1)
    show_stages("plain", demands, posts, {})
    demands, posts = make_week(8, 60, 5, seed=4, bells_min=240)
    posts = [dataclasses.replace(post, to_min=20 * 60) for post in posts]
    posts, given = everything(demands, posts)
    show_stages("everything given", demands, posts, given)
    show_stages("everything given, replanned", demands, posts, given | {"is_replan": True})


if __name__ == "__main__":
    main()
