"""The solver against trying everything, and against a checker that knows nothing of it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridors.domain.parameters import Parameters
from corridors.planning import roster, roster_blocks
from corridors.planning.posts import Post
from corridors.planning.roster import RosterResult, greedy_roster, staff_patrols
from corridors.planning.week import PatrolDemand
from tests.checks.roster_brute import best_roster
from tests.checks.roster_checker import broken_rules
from tests.checks.rosters import (
    AIMS,
    ROLES,
    a_demand,
    a_post,
    random_demands,
    random_posts,
    teams_of,
)

PARAMETERS = Parameters()
QUIET = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


def faults(demands: list[PatrolDemand], posts: list[Post], result: RosterResult) -> list[str]:
    teams, leads = teams_of(result)
    broken = broken_rules(demands, teams, leads, result.unmet, AIMS, ROLES, PARAMETERS)
    known = {post.post_id: post for post in posts}
    broken += [
        "an unknown post" for team in teams.values() for p in team if known.get(p.post_id) != p
    ]
    return broken


def check_against_brute_force(demands: list[PatrolDemand], posts: list[Post]) -> None:
    result = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS)
    assert not faults(demands, posts, result)
    assert result.is_optimal
    best = best_roster(demands, posts, AIMS, ROLES, PARAMETERS)
    teams, _ = teams_of(result)
    loads = [sum(post in team for team in teams.values()) for post in posts]
    found = (
        round(result.need_covered),
        result.police_min,
        frozenset(teams),
        sum(loads),
        sum(load * load for load in loads),
    )
    assert found in best


@settings(max_examples=60, **QUIET)  # type: ignore[arg-type]
@given(random_demands(4), random_posts(6))
def test_same_objective_as_brute_force(demands: list[PatrolDemand], posts: list[Post]) -> None:
    check_against_brute_force(demands, posts)


@settings(max_examples=25, **QUIET)  # type: ignore[arg-type]
@given(
    st.lists(
        st.sampled_from(["robbery_way_home", "visible_reassurance", "early_intervention"]),
        min_size=3,
        max_size=3,
    ),
    st.lists(
        st.sampled_from(
            ["youth_worker", "community_safety_officer", "ward_officer", "school_officer"]
        ),
        min_size=5,
        max_size=6,
    ),
    st.lists(st.integers(1, 3), min_size=6, max_size=6),
    st.integers(0, 60),
)
def test_same_objective_where_most_can_be_covered(
    aims: list[str], roles: list[str], most: list[int], apart_min: int
) -> None:
    demands = [
        a_demand(
            f"D{n}", aim=aim, at_min=840 + apart_min * n, length_min=60, school=f"S{n}", weight=2
        )
        for n, aim in enumerate(aims)
    ]
    posts = [a_post(f"P{n}", role, most=most[n]) for n, role in enumerate(roles)]
    check_against_brute_force(demands, posts)


@settings(max_examples=60, **QUIET)  # type: ignore[arg-type]
@given(random_demands(8), random_posts(14))
def test_greedy_keeps_every_rule_and_is_never_better(
    demands: list[PatrolDemand], posts: list[Post]
) -> None:
    greedy = greedy_roster(demands, posts, AIMS, ROLES, PARAMETERS)
    assert not faults(demands, posts, greedy)
    solved = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS)
    assert not faults(demands, posts, solved)
    assert solved.need_covered >= greedy.need_covered - 1e-9


def check_refusals(demands: list[PatrolDemand], posts: list[Post]) -> None:
    result = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS)
    for staffing in result.staffed.values():
        if any(post.police for post in staffing.posts):
            assert all(post.walks_with_police for post in staffing.posts)
    assert not faults(demands, posts, result)


REFUSERS = st.lists(st.booleans(), min_size=12, max_size=12)


def robbery_week(refuses: list[bool]) -> tuple[list[PatrolDemand], list[Post]]:
    demands = [a_demand(f"D{n}", aim="robbery_way_home", day=n % 5) for n in range(5)]
    names = ["youth_worker", "community_safety_officer", "community_volunteer", "ward_officer"] * 3
    posts = [
        a_post(f"P{n:02d}", name, with_police=not refuses[n], most=3)
        for n, name in enumerate(names)
    ]
    return demands, posts


@settings(max_examples=40, **QUIET)  # type: ignore[arg-type]
@given(REFUSERS)
def test_refusals_are_never_broken(refuses: list[bool]) -> None:
    check_refusals(*robbery_week(refuses))


@pytest.mark.slow
@settings(max_examples=1000, **QUIET)  # type: ignore[arg-type]
@given(random_demands(8), random_posts(14))
def test_refusals_are_never_broken_in_a_thousand(
    demands: list[PatrolDemand], posts: list[Post]
) -> None:
    check_refusals(demands, posts)


@settings(max_examples=25, **QUIET)  # type: ignore[arg-type]
@given(random_demands(8), random_posts(14))
def test_blocks_keep_every_rule_and_their_bounds_hold(
    demands: list[PatrolDemand], posts: list[Post]
) -> None:
    whole = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roster, "_MOST_PAIRS_AT_ONCE", -1)
        patch.setattr(roster_blocks, "_BLOCK_PATROLS", 3)
        in_blocks = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS)
    assert not faults(demands, posts, in_blocks)
    need, *others = in_blocks.stages
    assert need.value <= whole.stages[0].value <= need.bound
    assert all(stage.bound <= stage.value for stage in others)


def test_the_checker_can_fail() -> None:
    demand = a_demand(aim="visible_reassurance")
    post = a_post("P1")
    wrong = broken_rules(
        [demand], {demand.demand_id: (post,)}, {demand.demand_id: "P1"}, [], AIMS, ROLES, PARAMETERS
    )
    assert wrong == [f"{demand.demand_id}: too few posts, police not counted"]
    officer = a_post("P2", "ward_officer")
    team = (post, officer)
    wrong = broken_rules(
        [demand], {demand.demand_id: team}, {demand.demand_id: "P2"}, [], AIMS, ROLES, PARAMETERS
    )
    assert "C1-mon: police without need" in wrong
    assert "C1-mon: the lead may not lead" in wrong
