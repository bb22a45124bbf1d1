from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from corridors.domain.area import Agreement
from corridors.domain.parameters import Parameters
from corridors.domain.plan import (
    Corridor,
    Patrol,
    Plan,
)
from corridors.domain.plan_parts import (
    Alternative,
)
from corridors.domain.vocabulary import Grade, PlanStatus, PolicePresence
from corridors.planning.patrols import PatrolReasons, make_patrols, make_unmet
from corridors.planning.protocol import (
    all_agreed,
    make_protocol,
    make_protocols,
    may_publish,
    protocol_id_of,
)
from corridors.planning.roster import staff_patrols
from corridors.sources.reference import read_protocol_template
from tests.checks.rosters import AIMS, ROLES, a_demand, a_post
from tests.toy import toy_plan

TEMPLATE = read_protocol_template(aims=AIMS)
POLICE = "Neighbourhood policing team"
CORRIDOR = Corridor("C1", ("S1",), ("a", "b"), ("a", "b"), 900, 900, 5.0, 5.0, Grade.STRONG, (), ())


def week() -> tuple[tuple[Patrol, ...], list[str]]:
    demands = [
        a_demand("calm", aim="visible_reassurance"),
        a_demand("rob", aim="robbery_way_home", day=1),
        a_demand("talk", aim="early_intervention", day=2),
        a_demand("bully", aim="bullying_harassment", day=3, school="S9"),
    ]
    posts = [
        a_post("y1", organisation="Streets Youth"),
        a_post("v1", "community_volunteer", organisation="Neighbours"),
        a_post("w1", "ward_officer", organisation="Police"),
    ]
    parameters = Parameters()
    roster = staff_patrols(demands, posts, AIMS, ROLES, parameters)
    patrols = make_patrols(
        demands, roster, {"C1": CORRIDOR}, {"C1": {"a": 2.0, "b": 1.0}}, AIMS, parameters
    )
    unmet = make_unmet(demands, roster)
    return patrols, [f"{u.aim}: {'; '.join(u.missing)} -> {u.would_help}" for u in unmet]


def test_patrols_as_the_plan_holds_them() -> None:
    patrols, _ = week()
    assert [p.patrol_id for p in patrols] == ["calm", "rob", "talk"]
    calm, rob, talk = patrols
    assert calm.protocol_id == "no-police-visible_reassurance-S1"
    assert rob.protocol_id is None
    assert (rob.police, rob.police_min, talk.police_min) == ("needed", 75, 0)
    assert [post.post_id for post in rob.posts] == ["y1", "v1", "w1"]
    assert rob.lead_role == "youth_worker"
    assert {d.segment_id for p in patrols for d in p.dwell} == {"a", "b"}


def test_unmet_says_what_is_missing() -> None:
    _, unmet = week()
    (words,) = unmet
    missing, _, would_help = words.partition(" -> ")
    lacks = "member of school staff: nobody on the roster holds this role"
    assert missing == f"bullying_harassment: {lacks}"
    assert would_help == "A post on the roster: member of school staff."


def test_one_protocol_for_each_aim_and_school_without_police() -> None:
    patrols, _ = week()
    protocols = make_protocols(patrols, AIMS, ROLES, TEMPLATE, [])
    assert [p.protocol_id for p in protocols] == [
        "no-police-early_intervention-S1",
        "no-police-visible_reassurance-S1",
    ]
    early = protocols[0]
    assert early.needed_from == tuple(sorted(["Neighbours", "Streets Youth", POLICE]))
    assert early.leads == "Youth worker"
    assert len(early.call_police_when) == len(TEMPLATE.call_police_when) + 1
    assert early.agreed_by == ()
    assert not all_agreed(protocols)
    assert all_agreed([])


def test_agreed_only_when_all_have() -> None:
    patrols, _ = week()
    calm = patrols[:1]
    name = "no-police-visible_reassurance-S1"
    given = [
        Agreement(name, POLICE, date(2026, 9, 1)),
        Agreement(name, " streets  YOUTH ", date(2026, 9, 2)),
        Agreement(name, "Streets Youth", date(2026, 10, 2)),
        Agreement(name, "Somebody else", date(2026, 9, 2)),
        Agreement("no-police-other-S1", "Neighbours", date(2026, 9, 2)),
    ]
    (protocol,) = make_protocols(calm, AIMS, ROLES, TEMPLATE, given)
    assert protocol.agreed_by == (
        (POLICE, date(2026, 9, 1)),
        ("Streets Youth", date(2026, 9, 2)),
    )
    assert not protocol.is_agreed
    given.append(Agreement(name, "Neighbours", date(2026, 11, 30)))
    (protocol,) = make_protocols(calm, AIMS, ROLES, TEMPLATE, given)
    assert protocol.is_agreed
    (protocol,) = make_protocols(calm, AIMS, ROLES, TEMPLATE, given, issued_on=date(2026, 11, 20))
    assert not protocol.is_agreed


def test_no_protocol_where_police_walk_along() -> None:
    assert protocol_id_of(AIMS["robbery_way_home"], "S1") is None
    with pytest.raises(ValueError, match="needs police"):
        make_protocol(AIMS["robbery_way_home"], "S1", [], ROLES, TEMPLATE, [])


# --- walks, reasons and cover


def test_a_patrol_walks_its_own_way_and_says_why() -> None:
    ends = {"a": (0, 1, 450.0), "b": (1, 2, 450.0)}
    demands = [a_demand(f"D{day}", day=day, weight=1.0) for day in range(5)]
    posts = [a_post("y1"), a_post("v1", "community_volunteer")]
    parameters = Parameters()
    roster = staff_patrols(demands, posts, AIMS, ROLES, parameters)
    said = {"D0": PatrolReasons("Because.", (Alternative("No patrol", "Strong."),))}
    patrols = make_patrols(
        demands,
        roster,
        {"C1": CORRIDOR},
        {"C1": {"a": 2.0, "b": 1.0}},
        AIMS,
        parameters,
        segments=ends,
        reasons=said,
    )
    assert len(patrols) == 5
    for patrol in patrols:
        walk_m = sum(ends[segment][2] for segment in patrol.walk)
        assert patrol.walk[0] == "a"
        assert set(patrol.walk) == {"a", "b"}
        assert patrol.walk_min >= walk_m / 72
        assert patrol.walk_min + sum(dwell.min for dwell in patrol.dwell) <= 75
        assert {cover.post_id for cover in patrol.cover} == {"y1", "v1"}
        assert patrol.police_why.startswith("No police minutes. ")
    assert len({(patrol.walk, patrol.dwell) for patrol in patrols}) > 1
    assert patrols[0].aim_why == "Because."
    assert patrols[0].alternatives == said["D0"].alternatives
    assert patrols[1].aim_why == AIMS["visible_reassurance"].why


def test_a_long_walk_keeps_the_time_for_a_full_stay() -> None:
    """2,700 m take 37.5 min of 60: twice of it does not fit, so the walk stays near it."""
    ends = {"a": (0, 1, 1350.0), "b": (1, 2, 1350.0)}
    corridor = replace(CORRIDOR, walk_m=2700.0, length_m=2700.0)
    demands = [a_demand(f"D{n}", day=n % 5, length_min=60) for n in range(5)]
    posts = [a_post("y1"), a_post("v1", "community_volunteer")]
    roster = staff_patrols(demands, posts, AIMS, ROLES, Parameters())
    need = {"C1": {"a": 2.0, "b": 1.0}}
    for patrol in make_patrols(
        demands, roster, {"C1": corridor}, need, AIMS, Parameters(), segments=ends
    ):
        assert patrol.walk == ("a", "b")
        assert sum(dwell.min for dwell in patrol.dwell) >= 10


def test_police_minutes_are_justified() -> None:
    patrols, _ = week()
    rob = patrols[1]
    assert rob.police_why.startswith("One police post, 75 police minutes, the least")
    assert AIMS["robbery_way_home"].police_why in rob.police_why


# --- what stands against publishing


def agreed() -> Plan:
    return toy_plan(agreed=True)


def test_an_agreed_plan_may_be_published() -> None:
    assert may_publish(agreed()) == ()
    assert may_publish(replace(agreed(), status=PlanStatus.PUBLISHED)) == ()
    nothing = replace(agreed(), patrols=(), protocols=())
    assert may_publish(nothing) == ()


def test_a_draft_is_never_published_whatever_it_calls_itself() -> None:
    draft = toy_plan()
    (against,) = may_publish(draft)
    assert against == (
        "robbery_on_the_way_home-T1 is not agreed by Mill Lane School, Toy Town Youth Project."
    )
    assert may_publish(replace(draft, status=PlanStatus.AGREED)) == (against,)
    (against,) = may_publish(replace(agreed(), status=PlanStatus.DRAFT))
    assert "draft" in against
    (against,) = may_publish(replace(agreed(), status=PlanStatus.SUPERSEDED))
    assert "newer" in against


def test_every_patrol_without_police_needs_its_protocol() -> None:
    plan = agreed()
    assert len(may_publish(replace(plan, protocols=()))) == len(plan.patrols)
    lost = tuple(replace(patrol, protocol_id=None) for patrol in plan.patrols)
    assert all("no protocol" in one for one in may_publish(replace(plan, patrols=lost)))
    new = replace(plan.patrols[0].posts[0], organisation="Newcomers")
    joined = replace(plan.patrols[0], posts=(*plan.patrols[0].posts, new))
    (against,) = may_publish(replace(plan, patrols=(joined,)))
    assert "Newcomers walks and is not asked to agree" in against


@pytest.mark.parametrize(
    ("field", "empty", "words"),
    [
        ("leads", "", "who leads"),
        ("call_police_when", (), "when police are called"),
        ("call_police_how", "", "how police are called"),
        ("not_for_police", (), "what is not for police"),
        ("withdraw_to", "", "where to withdraw to"),
        ("contacts", (), "whom to contact"),
    ],
)
def test_a_protocol_that_says_too_little_stands_against(
    field: str, empty: object, words: str
) -> None:
    plan = agreed()
    changed: dict[str, Any] = {field: empty}
    protocol = replace(plan.protocols[0], **changed)
    (against,) = may_publish(replace(plan, protocols=(protocol,)))
    assert against.endswith(f"does not say {words}.")


def test_nobody_walks_alone_and_police_that_are_needed_are_there() -> None:
    plan = agreed()
    alone = replace(plan.patrols[0], posts=plan.patrols[0].posts[:1])
    assert any("alone" in one for one in may_publish(replace(plan, patrols=(alone,))))
    needing = replace(plan.patrols[0], police=PolicePresence.NEEDED)
    (against,) = may_publish(replace(plan, patrols=(needing,)))
    assert "no police post" in against
