from __future__ import annotations

import dataclasses
import random

import pandas as pd
import pytest

from corridors.domain.parameters import Parameters
from corridors.domain.tables import ROSTER
from corridors.errors import BadInput
from corridors.planning.posts import Post, mix_of, posts_from_table
from corridors.planning.roster import RosterResult, staff_patrols
from corridors.planning.week import PatrolDemand
from tests.checks.rosters import AIMS, ROLES, a_demand, a_post

PARAMETERS = Parameters()


def staff(demands: list[PatrolDemand], posts: list[Post]) -> RosterResult:
    return staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS)


def missing(demand: PatrolDemand, posts: list[Post]) -> str:
    shortfall = staff([demand], posts).unmet[demand.demand_id]
    return f"{'; '.join(shortfall.missing)} -> {shortfall.would_help}"


def test_a_team_of_two_and_who_leads() -> None:
    result = staff([a_demand()], [a_post("v", "community_volunteer"), a_post("y")])
    staffing = result.staffed["C1-mon"]
    assert [post.post_id for post in staffing.posts] == ["y", "v"]
    assert (staffing.lead_role, staffing.lead_post_id, staffing.police_min) == (
        "youth_worker",
        "y",
        0,
    )
    assert result.is_optimal
    assert result.need_covered == result.need_total == 1.0


def test_police_never_stand_in() -> None:
    officers = [a_post(f"w{n}", "ward_officer") for n in range(3)]
    result = staff([a_demand()], [a_post("y"), *officers])
    assert not result.staffed
    assert result.unmet["C1-mon"].missing == ("two posts, never alone: only one can come",)
    assert not staff([a_demand(aim="robbery_way_home")], [a_post("y"), *officers]).staffed
    assert not staff([a_demand(aim="robbery_way_home")], officers).staffed


def test_where_police_are_needed_one_joins_and_another_leads() -> None:
    posts = [a_post("y"), a_post("v", "community_volunteer"), a_post("w1", "ward_officer")]
    posts += [a_post("w2", "ward_officer"), a_post("s", "school_officer")]
    result = staff([a_demand(aim="robbery_way_home")], posts)
    assert result.police_min == 75
    assert result.staffed["C1-mon"].lead_role == "youth_worker"
    assert len(result.staffed["C1-mon"].posts) == 3


def test_enforcement_is_led_by_police() -> None:
    posts = [a_post("w", "ward_officer"), a_post("c", "community_safety_officer"), a_post("y")]
    staffing = staff([a_demand(aim="weapons_intelligence")], posts).staffed["C1-mon"]
    assert staffing.lead_role == "ward_officer"
    assert {post.post_id for post in staffing.posts} == {"w", "c"}


@pytest.mark.parametrize(("r", "v"), [("a", "b"), ("b", "a")])
def test_least_police_of_equal_need(r: str, v: str) -> None:
    # Two patrols of equal need at one time, people for one: the one without police is walked.
    demands = [a_demand(r, aim="robbery_way_home"), a_demand(v, corridor="C2")]
    posts = [a_post("y"), a_post("c", "community_safety_officer"), a_post("w", "ward_officer")]
    result = staff(demands, posts)
    assert set(result.staffed) == {v}
    heavier = [dataclasses.replace(demands[0], weight=1.5), demands[1]]
    assert set(staff(heavier, posts).staffed) == {r}


def test_most_need_beats_most_patrols_in_value() -> None:
    big = a_demand("big", aim="group_disputes", weight=5)
    small = a_demand("small", corridor="C2", weight=2)
    posts = [a_post("y1"), a_post("y2"), a_post("c", "community_safety_officer")]
    assert set(staff([big, small], posts).staffed) == {"big"}


def test_travel_between_corridors_and_none_on_the_same() -> None:
    first = a_demand("a", at_min=900, length_min=60)
    second = a_demand("b", at_min=960, length_min=60)
    posts = [a_post("y1"), a_post("y2")]
    assert len(staff([first, second], posts).staffed) == 2
    elsewhere = dataclasses.replace(second, corridor_id="C2")
    assert len(staff([first, elsewhere], posts).staffed) == 1
    later = a_demand("b", at_min=975, length_min=60, corridor="C2")
    assert len(staff([first, later], posts).staffed) == 2


def test_two_schools_to_an_officer() -> None:
    demands = [
        a_demand(f"D{n}", aim="robbery_way_home", day=n, corridor=f"C{n}", school=f"S{n}")
        for n in range(4)
    ]
    posts = [a_post("y1"), a_post("y2"), a_post("o", "school_officer")]
    result = staff(demands, posts)
    assert len(result.staffed) == 2
    one_more = dataclasses.replace(PARAMETERS, schools_per_officer=3)
    assert len(staff_patrols(demands, posts, AIMS, ROLES, one_more).staffed) == 3


def test_untied_school_staff_keeps_to_one_school() -> None:
    demands = [a_demand(f"D{n}", day=n, school=f"S{n}") for n in range(3)]
    posts = [a_post("t", "school_staff"), a_post("v", "community_volunteer")]
    assert len(staff(demands, posts).staffed) == 1


def test_fair_shares() -> None:
    demands = [a_demand(f"D{n}", day=n) for n in range(4)]
    posts = [a_post(f"y{n}") for n in range(4)]
    result = staff(demands, posts)
    loads = [sum(p in s.posts for s in result.staffed.values()) for p in posts]
    assert loads == [2, 2, 2, 2]
    assert sum(loads) == 8  # nobody beyond the two of each patrol


@pytest.mark.parametrize(
    ("posts", "said"),
    [
        ([], "nobody on the roster holds this role"),
        ([a_post("t", "school_staff", schools=("S9",))], "tied to other schools"),
        (
            [a_post("t", "school_staff", weekdays=(4,))],
            "nobody who holds it is available on Monday",
        ),
        ([a_post("t", "school_staff", hours=(840, 960))], "from 15:00 to 16:15"),
    ],
)
def test_what_is_missing_in_words(posts: list[Post], said: str) -> None:
    demand = a_demand(aim="bullying_harassment")
    words = missing(demand, [*posts, a_post("y")])
    assert words.startswith("member of school staff: ")
    assert said in words


def test_refusals_in_words() -> None:
    refusers = [a_post("y", with_police=False), a_post("w", "ward_officer")]
    words = missing(a_demand(aim="robbery_way_home"), refusers)
    assert "walk with police, as the aim needs" in words


def test_full_week_in_words() -> None:
    demands = [a_demand("a", weight=2), a_demand("b", day=1)]
    result = staff(demands, [a_post("y", most=1), a_post("v", "community_volunteer")])
    assert set(result.unmet) == {"b"}
    (words,) = result.unmet["b"].missing
    names, _, why = words.partition(": ")
    assert names == "youth worker, member of school staff or council community safety officer"
    assert why == "the only one who can come: with a full week"


def test_nothing_to_staff() -> None:
    assert staff([], [a_post("y")]).staffed == {}
    assert set(staff([a_demand()], []).unmet) == {"C1-mon"}
    assert staff([], []).is_optimal


def test_the_same_twice_and_in_any_order() -> None:
    demands = [
        a_demand(f"D{n}", aim=aim, day=n % 3, corridor=f"C{n}", weight=1 + n % 4)
        for n, aim in enumerate(["visible_reassurance", "robbery_way_home", "group_disputes"] * 4)
    ]
    posts = [a_post(f"P{n:02d}", role, most=2) for n, role in enumerate(sorted(ROLES) * 3)]
    first = staff(demands, posts)
    for seed in range(2):
        shuffled = random.Random(seed)  # noqa: S311
        assert staff(shuffled.sample(demands, 12), shuffled.sample(posts, 21)) == first


def test_bad_weights_do_not_stop_it() -> None:
    demands = [a_demand("a", weight=float("nan")), a_demand("b", day=1, weight=0.0)]
    assert len(staff(demands, [a_post("y1"), a_post("y2")]).staffed) == 2


def test_bad_input_is_named_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        staff([a_demand(), a_demand()], [a_post("y"), a_post("y")])
    assert len(caught.value.problems) == 2
    with pytest.raises(BadInput, match="aim is not known"):
        staff([a_demand(aim="dragons")], [])


def a_table(**changes: object) -> pd.DataFrame:
    row = {
        "post_id": "w1",
        "role": "ward_officer",
        "organisation": "Police",
        "school_ids": "",
        "weekdays": "mon; fri",
        "from_min": 840,
        "to_min": 1080,
        "walks_with_police": True,
        "max_patrols_week": 3,
    }
    return pd.DataFrame([row, {**row, "post_id": "t1", "role": "school_staff", **changes}])


def test_posts_of_a_table() -> None:
    table = a_table(school_ids="S1;S2")
    ROSTER.check(table)
    teacher, officer = posts_from_table(table, ROLES)
    assert (officer.police, officer.weekdays, officer.school_ids) == (True, (0, 4), ())
    assert (teacher.school_ids, teacher.school_linked) == (("S1", "S2"), True)


def test_a_bad_table_is_named_without_its_cells() -> None:
    table = a_table(post_id="w1", role="Jane Doe", weekdays="mon;someday")
    with pytest.raises(BadInput) as caught:
        posts_from_table(table, ROLES)
    assert len(caught.value.problems) == 3
    assert "Jane" not in str(caught.value)


def test_mixes_of_contradicting_aims_never_let_police_stand_in() -> None:
    aim = dataclasses.replace(
        AIMS["visible_reassurance"],
        needed=(("youth_worker", "ward_officer"),),
        welcome=("ward_officer",),
        unsuitable=(),
    )
    mix = mix_of(aim, ROLES)
    assert mix.police_roles == frozenset()
    needed = dataclasses.replace(aim, police=AIMS["robbery_way_home"].police)
    assert mix_of(needed, ROLES).police_roles == frozenset()
    on_call = dataclasses.replace(aim, needed=(("youth_worker",), ("ward_officer",)))
    assert mix_of(on_call, ROLES).police_roles == frozenset()
    assert mix_of(on_call, ROLES).groups == (frozenset({"youth_worker"}), frozenset())
    assert mix_of(on_call, ROLES).least_posts() == 0


def test_who_is_elsewhere_in_words() -> None:
    demands = [
        a_demand("a", aim="early_intervention", weight=3),
        a_demand("b", aim="early_intervention", weight=2, corridor="C2"),
    ]
    posts = [a_post("y1"), a_post("y2"), a_post("c", "camhs_practitioner", most=0)]
    unmet = staff(demands, posts).unmet["b"]
    (words,) = unmet.missing
    names, _, why = words.partition(": ")
    assert names == "youth worker or child mental health practitioner"
    assert why == "of two who can come: two on another patrol then"
    assert unmet.would_help == (
        "One more post (youth worker or child mental health practitioner) on Monday "
        "from 15:00 to 16:15."
    )
