from __future__ import annotations

from corridors.domain.parameters import Parameters
from corridors.planning.roster import RosterResult, staff_patrols
from corridors.planning.roster_trade_off import trade_off
from tests.checks.rosters import AIMS, ROLES, a_demand, a_post

PARAMETERS = Parameters()


def staff(demands, posts, **given) -> RosterResult:  # type: ignore[no-untyped-def]
    return staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS, **given)


def test_two_patrols_that_need_the_same_lead() -> None:
    demands = [
        a_demand("a", corridor="C1", weight=2),
        a_demand("b", corridor="C2"),
        a_demand("c", day=1, corridor="C3"),
    ]
    posts = [a_post("YW-03"), *(a_post(f"CV-{n}", "community_volunteer") for n in range(4))]
    unmet = staff(demands, posts).unmet["b"]
    assert unmet.clash_patrols == ("a", "b")
    roles = "youth worker, member of school staff or council community safety officer"
    both = "Monday's patrol of C1 and Monday's patrol of C2"
    assert unmet.clash == (
        f"{both} need the same post ({roles}): only YW-03 could come.",
        f"Monday's patrol of C1 (15:00 to 16:15) needs a {roles}: only YW-03 could come.",
        f"Monday's patrol of C2 (15:00 to 16:15) needs a {roles}: only YW-03 could come.",
        "Nobody walks two patrols at once.",
    )


def test_a_patrol_that_nobody_could_lead_clashes_alone() -> None:
    posts = [a_post("CV-1", "community_volunteer"), a_post("CV-2", "community_volunteer")]
    unmet = staff([a_demand("a"), a_demand("b", day=1)], posts).unmet["a"]
    assert unmet.clash_patrols == ("a",)
    (words,) = unmet.clash
    assert words.endswith("council community safety officer: nobody could come.")


def test_a_full_week_and_the_schools_of_an_officer() -> None:
    posts = [a_post("y", most=2), a_post("v", "community_volunteer")]
    result = staff([a_demand(f"D{n}", day=n, weight=9 - n) for n in range(3)], posts)
    unmet = result.unmet["D2"]
    assert unmet.clash_patrols == ("D0", "D1", "D2")
    assert unmet.clash[-1] == "y walks at most 2 patrols a week."
    officer = a_post("o", "school_officer")
    demands = [
        a_demand(f"D{n}", aim="robbery_way_home", day=n, school=f"S{n}", weight=9 - n)
        for n in range(3)
    ]
    unmet = staff(demands, [a_post("y"), a_post("c"), officer]).unmet["D2"]
    assert unmet.clash[-1] == "o keeps to 2 schools."


def test_the_smallest_of_two_clashes_is_told() -> None:
    # b clashes with a alone over the one teacher; with c and d together over the youth workers.
    demands = [
        a_demand("a", aim="bullying_harassment", corridor="C1", weight=8),
        a_demand("b", aim="bullying_harassment", corridor="C2"),
        a_demand("c", aim="visible_reassurance", corridor="C3", weight=8),
    ]
    posts = [a_post("T", "school_staff", schools=("S1",)), *(a_post(f"Y{n}") for n in range(4))]
    unmet = staff(demands, posts).unmet["b"]
    assert unmet.clash_patrols == ("a", "b")
    assert "only T could come" in unmet.clash[0]


def test_a_limit_of_police_minutes_is_part_of_a_clash() -> None:
    demands = [
        a_demand("a", aim="robbery_way_home", weight=2),
        a_demand("b", aim="robbery_way_home", day=1),
    ]
    posts = [a_post("y"), a_post("c", "community_safety_officer"), a_post("w", "ward_officer")]
    assert staff(demands, posts).police_min == 150
    result = staff(demands, posts, police_cap_min=75)
    assert set(result.staffed) == {"a"}
    assert result.unmet["b"].clash[-1] == "Police walk at most 75 minutes in the week."
    assert "within the police minutes allowed" in result.unmet["b"].missing[0]


def test_the_curve_by_hand_and_where_the_choice_is() -> None:
    demands = [
        a_demand("a", aim="robbery_way_home", weight=2),
        a_demand("b", aim="robbery_way_home", day=1),
        a_demand("c", day=2, weight=4),
    ]
    posts = [a_post("y"), a_post("c", "community_safety_officer"), a_post("w", "ward_officer")]

    def curve(result: RosterResult) -> list[tuple[int, float, int, bool]]:
        points = trade_off(result, demands, posts, AIMS, ROLES, PARAMETERS)
        assert all(point.is_optimal for point in points)
        return [(p.police_min, p.need_covered, p.n_patrols, p.is_chosen) for p in points]

    assert curve(staff(demands, posts)) == [
        (0, 4.0, 1, False),
        (75, 6.0, 2, False),
        (150, 7.0, 3, True),
    ]
    assert curve(staff(demands, posts, police_cap_min=80)) == [
        (0, 4.0, 1, False),
        (75, 6.0, 2, True),
        (150, 7.0, 3, False),
    ]
    empty = staff([], posts)
    (point,) = trade_off(empty, [], posts, AIMS, ROLES, PARAMETERS)
    assert (point.police_min, point.need_covered, point.is_chosen) == (0, 0.0, True)


def test_who_steps_in_and_what_falls_away() -> None:
    posts = [a_post("y1"), a_post("v1", "community_volunteer", most=1)]
    posts += [a_post("c1", "community_safety_officer", weekdays=(1,))]
    result = staff([a_demand("mon"), a_demand("tue", day=1)], posts)
    by_post = {cover.post_id: cover for cover in result.cover["mon"]}
    assert by_post["y1"].stand_in is None
    assert by_post["y1"].falls_away == (
        "The patrol is not walked: its aim needs a youth worker, member of school staff or council "
        "community safety officer."
    )
    assert by_post["v1"].falls_away == "The patrol is not walked: fewer than 2 would walk."
    # On Tuesday c1 walks with y1, and v1's week is full.
    assert all(cover.stand_in is None for cover in result.cover["tue"])
    spare = [*posts, a_post("t", "school_staff", schools=("S1",), most=2)]
    covers = staff([a_demand("mon")], spare).cover["mon"]
    assert len(covers) == 2
    assert all(cover.stand_in for cover in covers)


def test_police_have_no_stand_in_but_police() -> None:
    demand = a_demand(aim="robbery_way_home")
    posts = [a_post("y"), a_post("c", "community_safety_officer"), a_post("w", "ward_officer")]
    posts += [a_post("y2")]
    covers = {c.post_id: c for c in staff([demand], posts).cover["C1-mon"]}
    assert covers["w"].stand_in is None
    assert covers["w"].falls_away == (
        "The patrol is not walked: its aim needs police (police officer of the ward or "
        "school-linked police officer)."
    )
    more = staff([demand], [*posts, a_post("s", "school_officer")]).cover["C1-mon"]
    officer = next(cover for cover in more if cover.post_id in {"w", "s"})
    assert {officer.post_id, officer.stand_in} == {"w", "s"}


def test_stand_ins_of_one_time_are_shared_out() -> None:
    demands = [a_demand("a", corridor="C1"), a_demand("b", corridor="C2")]
    posts = [a_post(f"y{n}") for n in range(8)]
    result = staff(demands, posts)
    named = [cover.stand_in for covers in result.cover.values() for cover in covers]
    assert len(set(named)) == 4
