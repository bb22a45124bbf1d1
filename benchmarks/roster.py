"""Staff generated weeks: seconds, need covered and police minutes, against a greedy baseline.

Run: ``python -m benchmarks.roster``
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from corridors.domain.parameters import Parameters
from corridors.planning.posts import Post
from corridors.planning.roster import greedy_roster, staff_patrols
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
    n_corridors: int, n_posts: int, n_days: int, seed: int
) -> tuple[list[PatrolDemand], list[Post]]:
    """Draw a week: one school a corridor, bells from 14:45 to 15:45, one demand a day."""
    rng = np.random.default_rng(seed)
    roles = read_roles()
    aims = rng.choice(list(AIM_SHARES), n_corridors, p=list(AIM_SHARES.values()))
    bells = 14 * 60 + 45 + 5 * rng.integers(0, 13, n_corridors)
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


if __name__ == "__main__":
    main()
