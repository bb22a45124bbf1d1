from __future__ import annotations

from datetime import date

import pytest

from corridors.domain.area import Agreement
from corridors.domain.parameters import Parameters
from corridors.domain.plan import Corridor, Patrol
from corridors.domain.vocabulary import Grade
from corridors.planning.patrols import make_patrols, make_unmet
from corridors.planning.protocol import all_agreed, make_protocol, make_protocols, protocol_id_of
from corridors.planning.roster import staff_patrols
from corridors.sources.reference import read_protocol_template
from tests.checks.rosters import AIMS, ROLES, a_demand, a_post

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
