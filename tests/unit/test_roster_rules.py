from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from corridors.domain.area import Absence, Pairing, Refusal
from corridors.domain.parameters import Parameters
from corridors.domain.plan import Aim
from corridors.errors import BadInput
from corridors.planning.posts import Post, posts_from_table
from corridors.planning.roster import RosterResult, staff_patrols
from corridors.planning.roster_rules import TeamRules
from corridors.planning.week import PatrolDemand
from tests.checks.rosters import AIMS, MONDAY, ROLES, a_demand, a_post

PARAMETERS = Parameters()


def staff(
    demands: list[PatrolDemand],
    posts: list[Post],
    refusals: tuple[Refusal, ...] = (),
    pairings: tuple[Pairing, ...] = (),
    **given: Any,
) -> RosterResult:
    rules = TeamRules(refusals, pairings)
    return staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS, rules=rules, **given)


def team(result: RosterResult, demand_id: str = "C1-mon") -> set[str]:
    staffing = result.staffed.get(demand_id)
    return set() if staffing is None else {post.post_id for post in staffing.posts}


@pytest.mark.parametrize(
    ("who", "refused"),
    [
        ("y1", "y2"),
        ("y2", "y1"),
        ("Harbour Youth", "Org"),
        ("harbour  youth", "ORG"),
        ("youth_worker", "youth_worker"),
    ],
)
def test_a_refusal_is_mutual_for_posts_roles_and_organisations(who: str, refused: str) -> None:
    posts = [a_post("y1", organisation="Harbour Youth"), a_post("y2")]
    assert team(staff([a_demand()], posts)) == {"y1", "y2"}
    refusal = Refusal(who, (refused,), "Said so at the meeting.")
    result = staff([a_demand()], posts, (refusal,))
    assert team(result) == set()
    words = " ".join(result.unmet["C1-mon"].clash)
    assert f"{who} does not walk beside {refused} (Said so at the meeting); refusals[1]." in words
    assert "do not walk beside each other" in " ".join(result.unmet["C1-mon"].missing)
    with_third = staff([a_demand()], [*posts, a_post("v", "community_volunteer")], (refusal,))
    assert len(team(with_third)) == 2
    assert "v" in team(with_third)


def test_an_organisation_does_not_walk_beside_police() -> None:
    demand = a_demand(aim="robbery_way_home")
    posts = [a_post("c", "community_safety_officer", organisation="Council")]
    posts += [a_post("y", organisation="Harbour Youth"), a_post("w", "ward_officer")]
    assert team(staff([demand], posts)) == {"c", "y", "w"}
    refusal = Refusal("Harbour Youth", ("police",))
    result = staff([demand], posts, (refusal,))
    assert team(result) == set()
    (missing,) = result.unmet["C1-mon"].missing
    assert missing == "two posts besides police, never alone: only one can come"
    assert any("refusals[1]" in words for words in result.unmet["C1-mon"].clash)
    spare = a_post("v", "community_volunteer", organisation="Council")
    assert team(staff([demand], [*posts, spare], (refusal,))) == {"c", "v", "w"}


def test_a_new_volunteer_walks_only_beside_an_experienced_worker() -> None:
    new = a_post("new", "community_volunteer", only_with=("old",))
    demands = [a_demand(f"D{n}", day=n) for n in range(3)]
    result = staff(demands, [new, a_post("y"), a_post("old", most=1)])
    assert len(result.staffed) == 1  # y and new make no team without old
    assert team(staff([a_demand()], [new, a_post("y"), a_post("old", weekdays=(1,))])) == set()


def test_a_pairing_that_means_nobody_is_a_word_that_is_refused() -> None:
    posts = [a_post("new", "community_volunteer", only_with=("old",)), a_post("y")]
    with pytest.raises(BadInput, match=r"roster.walks_only_with: It is no post, role or org"):
        staff([a_demand()], posts)


def test_pairings_of_a_role_and_their_clash_in_words() -> None:
    posts = [a_post("v", "community_volunteer"), a_post("y")]
    pairing = Pairing("community_volunteer", ("school_staff",), "First three patrols")
    result = staff([a_demand()], posts, pairings=(pairing,))
    assert team(result) == set()
    assert (
        "community_volunteer walks only beside school_staff (First three patrols); pairings[1]."
    ) in result.unmet["C1-mon"].clash
    teacher = a_post("t", "school_staff", schools=("S1",))
    assert len(team(staff([a_demand()], [*posts, teacher], pairings=(pairing,)))) == 2


def test_who_must_be_paired_may_make_a_team_larger() -> None:
    # The only team: y, who needs v, who needs c, who needs t. The mix alone asks for two.
    posts = [
        a_post("y", only_with=("v",)),
        a_post("v", "community_volunteer", only_with=("c",)),
        a_post("c", "community_safety_officer", only_with=("t",)),
        a_post("t", "camhs_practitioner", only_with=("m",)),
        a_post("m", "camhs_practitioner", only_with=("y",)),
    ]
    assert team(staff([a_demand()], posts)) == {"y", "v", "c", "t", "m"}


def test_two_rules_that_contradict_each_other_are_both_named() -> None:
    posts = [a_post("v", "community_volunteer"), a_post("y"), a_post("y2")]
    refusals = (Refusal("y2", ("y",)), Refusal("youth_worker", ("community_volunteer",)))
    pairing = Pairing("v", ("youth_worker",))
    with pytest.raises(BadInput) as caught:
        staff([a_demand()], posts, refusals, (pairing,))
    (problem,) = caught.value.problems
    assert problem.where == "pairings[1] and refusals[2]"
    assert "contradict" in problem.what
    own = [a_post("x", refuses=("youth_worker",), only_with=("y",)), a_post("y")]
    with pytest.raises(BadInput, match=r"roster.walks_only_with and roster.refuses"):
        staff([a_demand()], own)
    police = [a_post("x", with_police=False), a_post("w", "ward_officer")]
    with pytest.raises(BadInput, match=r"pairings\[1\] and roster.refuses or walks_with_police"):
        staff([a_demand()], police, pairings=(Pairing("x", ("police",)),))
    # One of two volunteers can still be paired: no contradiction.
    fewer = (Refusal("y2", ("y",)), Refusal("v", ("y",)))
    assert staff([a_demand()], posts, fewer, (pairing,)).staffed


@pytest.mark.parametrize(
    ("rules", "where"),
    [
        (TeamRules((Refusal("nobody", ("police",)),)), "refusals[1].who"),
        (TeamRules((Refusal("y", ("polis",)),)), "refusals[1].refuses"),
        (TeamRules((Refusal("y", ()),)), "refusals[1].refuses"),
        (TeamRules((), (Pairing("y", ("youth workers",)),)), "pairings[1].beside"),
    ],
)
def test_a_rule_that_means_nobody_is_not_passed_over(rules: TeamRules, where: str) -> None:
    with pytest.raises(BadInput) as caught:
        staff_patrols([a_demand()], [a_post("y")], AIMS, ROLES, PARAMETERS, rules=rules)
    (problem,) = caught.value.problems
    assert problem.where == where
    assert "polis" not in str(problem)


def test_an_absence_is_kept_and_one_of_nobody_changes_nothing() -> None:
    demands = [a_demand("mon"), a_demand("tue", day=1)]
    posts = [a_post("y"), a_post("v", "community_volunteer")]
    monday = MONDAY.date()
    ill = [Absence("v", monday - timedelta(days=9), monday), Absence("gone", monday, monday)]
    result = staff(demands, posts, absences=ill)
    assert set(result.staffed) == {"tue"}
    assert set(staff(demands, posts, absences=ill[1:]).staffed) == {"mon", "tue"}


def test_rest_between_days_and_patrols_of_a_day() -> None:
    posts = [
        a_post("y", hours=(0, 1440), most=9),
        a_post("v", "community_volunteer", hours=(0, 1440), most=9),
    ]
    late, early = a_demand("late", at_min=22 * 60), a_demand("early", day=1, at_min=10 * 60)
    # 23:15 to 10:00 is less than eleven hours; from 10:15 it is eleven.
    assert len(staff([late, early], posts).staffed) == 1
    words = " ".join(
        staff([late, early], posts).unmet[next(iter(staff([late, early], posts).unmet))].clash
    )
    assert "without the rest between them" in words
    later = a_demand("early", day=1, at_min=10 * 60 + 15)
    assert len(staff([late, later], posts).staffed) == 2
    three = [a_demand(f"D{n}", at_min=600 + 120 * n) for n in range(3)]
    result = staff(three, posts)
    assert len(result.staffed) == 2
    (unmet,) = result.unmet.values()
    assert "with as many patrols that day as allowed" in " ".join(unmet.missing)
    assert "Nobody walks more than 2 patrols a day." in unmet.clash


def test_the_way_between_corridors_is_walked() -> None:
    posts = [a_post("y"), a_post("v", "community_volunteer")]
    demands = [
        a_demand("a", at_min=840, length_min=60),
        a_demand("b", at_min=910, length_min=60, corridor="C2"),
    ]
    assert len(staff(demands, posts).staffed) == 1  # ten minutes, fifteen are assumed
    near = staff(demands, posts, travel={("C2", "C1"): 720.0})  # 10 min at 1.2 m/s
    assert len(near.staffed) == 2
    assert {stage.name: stage.value for stage in near.stages}["travel_min"] == 20
    assert len(staff(demands, posts, travel={("C1", "C2"): 721.0}).staffed) == 1
    # Who walks on two days has a night for the way.
    far = {("C1", "C2"): float("inf")}
    assert (
        len(staff([demands[0], a_demand("c", day=1, corridor="C2")], posts, travel=far).staffed)
        == 2
    )
    assert len(staff(demands, posts, travel=far).staffed) == 1


def test_fewest_second_patrols_and_least_travel() -> None:
    # Four posts, two patrols a day: nobody has to walk twice on one day.
    demands = [
        a_demand(f"{c}{day}", day=day, at_min=at_min, length_min=60, corridor=c)
        for day in range(2)
        for c, at_min in (("C1", 840), ("C2", 930))
    ]
    result = staff(demands, [a_post(f"y{n}") for n in range(4)])
    stages = {stage.name: (stage.value, stage.is_optimal) for stage in result.stages}
    assert stages["spread"] == (16, True)
    assert stages["travel_min"] == stages["second_patrols"] == (0, True)


def test_aims_without_roles_are_named() -> None:
    def with_aim(**changes: Any) -> dict[str, Aim]:
        return {"x": dataclasses.replace(AIMS["visible_reassurance"], **changes)}

    for aims, where in (
        (with_aim(lead_roles=()), "aims.x.lead_roles"),
        (with_aim(needed=((),)), "aims.x.needed"),
        (with_aim(lead_roles=("ward_officer",), unsuitable=()), "aims.x.lead_roles"),
        (with_aim(needed=(("ward_officer",),)), "aims.x.needed"),
    ):
        with pytest.raises(BadInput) as caught:
            staff_patrols([a_demand(aim="x")], [a_post("y")], aims, ROLES, PARAMETERS)
        assert caught.value.problems[0].where == where


def test_the_rules_of_a_post_are_read_from_its_row() -> None:
    row = {
        "post_id": "v",
        "role": "community_volunteer",
        "organisation": "Org",
        "school_ids": "",
        "weekdays": "mon",
        "from_min": 840,
        "to_min": 1080,
        "walks_with_police": True,
        "max_patrols_week": 3,
    }
    (post,) = posts_from_table(pd.DataFrame([row]), ROLES)
    assert (post.refuses, post.walks_only_with) == ((), ())
    row |= {"refuses": "police; Council", "walks_only_with": "youth_worker;school_staff;"}
    (post,) = posts_from_table(pd.DataFrame([row]), ROLES)
    assert post.refuses == ("police", "Council")
    assert post.walks_only_with == ("youth_worker", "school_staff")


def test_the_same_whatever_the_order_of_rules_and_absences() -> None:
    demands = [
        a_demand(f"D{n}", aim=aim, day=n % 3, corridor=f"C{n}", weight=1 + n % 4)
        for n, aim in enumerate(["visible_reassurance", "robbery_way_home", "group_disputes"] * 3)
    ]
    posts = [
        a_post(f"P{n:02d}", role, most=2, organisation=f"O{n % 2}")
        for n, role in enumerate(sorted(ROLES) * 3)
    ]
    refusals = (Refusal("O1", ("police",)), Refusal("youth_worker", ("community_volunteer",)))
    pairings = (Pairing("P01", ("youth_worker", "P02")), Pairing("camhs_practitioner", ("O0",)))
    absences = [Absence(f"P0{n}", date(2026, 11, 24), date(2026, 11, 25)) for n in (3, 5)]
    first = staff(demands, posts, refusals, pairings, absences=absences)
    again = staff(demands[::-1], posts[::-1], refusals, pairings, absences=absences[::-1])
    assert again == first
    turned = staff(demands, posts, refusals[::-1], pairings[::-1], absences=absences)
    assert turned.staffed == first.staffed
