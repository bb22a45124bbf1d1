"""The solver against trying everything, and against a checker that knows nothing of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridors.domain.area import Absence
from corridors.domain.parameters import Parameters
from corridors.planning import roster, roster_blocks
from corridors.planning.posts import Post
from corridors.planning.roster import RosterResult, greedy_roster, staff_patrols
from corridors.planning.roster_trade_off import trade_off
from corridors.planning.week import PatrolDemand
from tests.checks.roster_brute import BruteWeek
from tests.checks.roster_checker import broken_rules
from tests.checks.rosters import (
    AIMS,
    MONDAY,
    ROLES,
    a_demand,
    a_post,
    random_demands,
    random_last,
    random_posts,
    random_rules,
    teams_of,
)

PARAMETERS = Parameters()
WORK = replace(PARAMETERS, solver_work=5.0)
"""Small weeks are to be proven, however unlucky the draw."""
QUIET = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
TRAVEL = {("C1", "C2"): 360.0, ("C3", "C1"): 1450.0}
"""5 minutes, and 21 (20.1); C2 to C3 is not given."""


def faults(
    demands: list[PatrolDemand], posts: list[Post], result: RosterResult, **given_: Any
) -> list[str]:
    teams, leads = teams_of(result)
    broken = broken_rules(demands, teams, leads, result.unmet, AIMS, ROLES, PARAMETERS, **given_)
    known = {post.post_id: post for post in posts}
    broken += [
        "an unknown post" for team in teams.values() for p in team if known.get(p.post_id) != p
    ]
    return broken


def check_against_brute_force(
    demands: list[PatrolDemand], posts: list[Post], **given_: Any
) -> RosterResult:
    result = staff_patrols(demands, posts, AIMS, ROLES, WORK, **given_)
    hard = {key: value for key, value in given_.items() if key not in {"last", "is_replan"}}
    assert not faults(demands, posts, result, **hard)
    assert result.is_optimal
    week = BruteWeek(demands, posts, AIMS, ROLES, PARAMETERS, **given_)
    teams, _ = teams_of(result)
    teams = {key: tuple(post for post in posts if post in team) for key, team in teams.items()}
    assert week.best()[frozenset(teams)] == (week.first_score(teams), week.then_score(teams))
    check_clashes(week, result)
    return result


def check_clashes(week: BruteWeek, result: RosterResult) -> None:
    """None of an unmet patrol's clash can be spared, and no fewer patrols clash with it."""
    for demand_id, shortfall in result.unmet.items():
        assert shortfall.clash
        clashing = shortfall.clash_patrols
        assert demand_id in clashing
        assert set(clashing) - {demand_id} <= result.staffed.keys()
        assert not week.can_all_be_walked(clashing)
        for one in clashing if len(clashing) > 1 else ():
            assert week.can_all_be_walked(set(clashing) - {one})


@settings(max_examples=60, **QUIET)  # type: ignore[arg-type]
@given(random_demands(4), random_posts(6))
def test_same_objective_as_brute_force(demands: list[PatrolDemand], posts: list[Post]) -> None:
    check_against_brute_force(demands, posts)


@settings(max_examples=60, **QUIET)  # type: ignore[arg-type]
@given(st.data())
def test_same_objective_with_everything_given(data: st.DataObject) -> None:
    posts = data.draw(random_posts(6))
    demands = data.draw(random_demands(4))
    away = data.draw(st.lists(st.sampled_from([*(p.post_id for p in posts), "gone"]), max_size=2))
    days = st.integers(0, 1)
    absences = [
        Absence(
            post_id,
            MONDAY.date() + timedelta(days=data.draw(days)),
            MONDAY.date() + timedelta(days=data.draw(days)),
        )
        for post_id in away
    ]
    check_against_brute_force(
        demands,
        posts,
        rules=data.draw(random_rules(posts)),
        absences=absences,
        travel=TRAVEL,
        last=data.draw(random_last(demands, posts)),
        is_replan=data.draw(st.booleans()),
    )


AIMS_DRAWN = ["robbery_way_home", "visible_reassurance", "early_intervention"]
ROLES_DRAWN = ["youth_worker", "community_safety_officer", "ward_officer", "school_officer"]


def a_full_week(
    data: st.DataObject, n_posts: tuple[int, int] = (5, 6)
) -> tuple[list[PatrolDemand], list[Post]]:
    """Draw three patrols close together, most of which can be staffed."""
    apart_min = data.draw(st.integers(0, 60))
    aims = data.draw(st.lists(st.sampled_from(AIMS_DRAWN), min_size=3, max_size=3))
    roles = data.draw(
        st.lists(st.sampled_from(ROLES_DRAWN), min_size=n_posts[0], max_size=n_posts[1])
    )
    demands = [
        a_demand(
            f"D{n}",
            aim=aim,
            at_min=840 + apart_min * n,
            length_min=60,
            school=f"S{n}",
            corridor=f"C{data.draw(st.integers(1, 3))}",
            weight=2,
        )
        for n, aim in enumerate(aims)
    ]
    posts = [
        a_post(f"P{n}", role, most=data.draw(st.integers(1, 3))) for n, role in enumerate(roles)
    ]
    return demands, posts


@settings(max_examples=25, **QUIET)  # type: ignore[arg-type]
@given(st.data())
def test_same_objective_where_most_can_be_covered(data: st.DataObject) -> None:
    demands, posts = a_full_week(data)
    check_against_brute_force(
        demands, posts, last=data.draw(random_last(demands, posts)), is_replan=True
    )


@settings(max_examples=40, **QUIET)  # type: ignore[arg-type]
@given(st.data())
def test_the_trade_off_is_every_choice_that_is_not_worse(data: st.DataObject) -> None:
    demands, posts = a_full_week(data)
    rules = data.draw(random_rules(posts))
    result = staff_patrols(demands, posts, AIMS, ROLES, WORK, rules=rules)
    curve = trade_off(result, demands, posts, AIMS, ROLES, WORK, rules=rules)
    week = BruteWeek(demands, posts, AIMS, ROLES, PARAMETERS, rules)
    scores = sorted({week.first_score(teams)[:2] for teams in week.rosters()}, key=lambda s: s[1])
    expected: list[tuple[int, int]] = []
    for need, police_min in scores:
        if expected and police_min == expected[-1][0]:
            expected[-1] = (police_min, max(-need, expected[-1][1]))
        else:
            expected.append((police_min, -need))
    pareto = [
        point for n, point in enumerate(expected) if all(point[1] > e[1] for e in expected[:n])
    ]
    assert [(point.police_min, round(point.need_covered)) for point in curve] == pareto
    assert [point.is_chosen for point in curve] == [False] * (len(curve) - 1) + [True]
    assert all(point.is_optimal for point in curve)


@settings(max_examples=60, **QUIET)  # type: ignore[arg-type]
@given(random_demands(8), random_posts(14), st.data())
def test_greedy_keeps_every_rule_and_is_never_better(
    demands: list[PatrolDemand], posts: list[Post], data: st.DataObject
) -> None:
    given_: dict[str, Any] = {"rules": data.draw(random_rules(posts)), "travel": TRAVEL}
    greedy = greedy_roster(demands, posts, AIMS, ROLES, PARAMETERS, **given_)
    assert not faults(demands, posts, greedy, **given_)
    solved = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS, **given_)
    assert not faults(demands, posts, solved, **given_)
    assert solved.need_covered >= greedy.need_covered - 1e-9


def check_refusals(demands: list[PatrolDemand], posts: list[Post], **given_: Any) -> None:
    result = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS, **given_)
    for staffing in result.staffed.values():
        if any(post.police for post in staffing.posts):
            assert all(post.walks_with_police for post in staffing.posts)
    assert not faults(demands, posts, result, **given_)


REFUSERS = st.lists(st.booleans(), min_size=12, max_size=12)


def robbery_week(refuses: list[bool]) -> tuple[list[PatrolDemand], list[Post]]:
    demands = [a_demand(f"D{n}", aim="robbery_way_home", day=n % 5) for n in range(5)]
    names = ["youth_worker", "community_safety_officer", "community_volunteer", "ward_officer"] * 3
    posts = [
        a_post(f"P{n:02d}", name, with_police=not refuses[n], most=3)
        for n, name in enumerate(names)
    ]
    return demands, posts


@settings(max_examples=20, **QUIET)  # type: ignore[arg-type]
@given(REFUSERS)
def test_refusals_are_never_broken(refuses: list[bool]) -> None:
    check_refusals(*robbery_week(refuses))


@pytest.mark.slow
@settings(max_examples=1000, **QUIET)  # type: ignore[arg-type]
@given(random_demands(8), random_posts(14), st.data())
def test_refusals_are_never_broken_in_a_thousand(
    demands: list[PatrolDemand], posts: list[Post], data: st.DataObject
) -> None:
    check_refusals(demands, posts, rules=data.draw(random_rules(posts)))


@settings(max_examples=25, **QUIET)  # type: ignore[arg-type]
@given(random_demands(8), random_posts(14), st.data())
def test_blocks_keep_every_rule_and_their_bounds_hold(
    demands: list[PatrolDemand], posts: list[Post], data: st.DataObject
) -> None:
    rules, last = data.draw(random_rules(posts)), data.draw(random_last(demands, posts))
    given_: dict[str, Any] = {"rules": rules, "last": last, "is_replan": data.draw(st.booleans())}
    whole = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS, **given_)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roster, "_MOST_PAIRS_AT_ONCE", -1)
        patch.setattr(roster_blocks, "_BLOCK_PATROLS", 3)
        in_blocks = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS, **given_)
    assert not faults(demands, posts, in_blocks, rules=rules)
    need, *others = in_blocks.stages
    assert [s.name for s in in_blocks.stages] == [s.name for s in whole.stages]
    assert need.value <= whole.stages[0].value <= need.bound
    assert all(stage.bound <= stage.value for stage in others)


@settings(max_examples=40, **QUIET)  # type: ignore[arg-type]
@given(random_demands(6), random_posts(12), st.data())
def test_a_stand_in_leaves_a_roster_that_keeps_every_rule(
    demands: list[PatrolDemand], posts: list[Post], data: st.DataObject
) -> None:
    rules = data.draw(random_rules(posts))
    result = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS, rules=rules)
    by_id = {post.post_id: post for post in posts}
    teams, leads = teams_of(result)
    for demand_id, covers in result.cover.items():
        assert {cover.post_id for cover in covers} == {p.post_id for p in teams[demand_id]}
        aim = AIMS[next(d.aim_id for d in demands if d.demand_id == demand_id)]
        for cover in covers:
            rest = tuple(p for p in teams[demand_id] if p.post_id != cover.post_id)
            others = [p.post_id for p in posts if p.post_id != cover.post_id]
            options = [cover.stand_in] if cover.stand_in else others
            for option in options:
                team = (*rest, by_id[option])
                able = [p for p in team if p.role in aim.lead_roles and ROLES[p.role].may_lead]
                able = [p for p in able if aim.enforcement or not p.police]
                lead = able[0].post_id if able else leads[demand_id]
                swapped = {**teams, demand_id: team}
                broken = broken_rules(
                    demands,
                    swapped,
                    {**leads, demand_id: lead},
                    result.unmet,
                    AIMS,
                    ROLES,
                    PARAMETERS,
                    rules=rules,
                )
                # Who is named keeps every rule; where nobody is, everybody would break one.
                assert bool(broken) == (cover.stand_in is None)


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
