from __future__ import annotations

import dataclasses
import tomllib

import numpy as np
import pytest

from corridors.domain.area import AimSetting
from corridors.errors import BadInput
from corridors.planning.aims import choose_aim, propose_aim, set_aim
from corridors.sources.bundled import bundled_path
from corridors.sources.reference import read_roles
from tests.checks.rosters import AIMS


@pytest.mark.parametrize(
    ("weight", "aim_id"),
    [
        ({"robbery": 6, "other_theft": 4}, "robbery_way_home"),
        ({"robbery": 2, "theft_from_person": 2, "violence": 3}, "robbery_way_home"),
        ({"violence": 5, "public_order": 1, "burglary": 2}, "group_disputes"),
        ({"harassment": 1.0}, "bullying_harassment"),
        ({"road_danger": 3, "burglary": 3}, "road_danger"),
        ({"anti_social_behaviour": 9, "robbery": 1}, "early_intervention"),
        ({"robbery": 1, "violence": 1, "road_danger": 1, "harassment": 1}, "visible_reassurance"),
        ({"burglary": 5, "vehicle_crime": 9}, "visible_reassurance"),
        ({"witchcraft": 5}, "visible_reassurance"),
        ({"weapons_possession": 100}, "visible_reassurance"),
        ({}, "visible_reassurance"),
        ({"robbery": 0.0, "violence": float("nan"), "harassment": -3}, "visible_reassurance"),
        ({"robbery": float("inf"), "harassment": 3}, "bullying_harassment"),
    ],
)
def test_the_mix_suggests(weight: dict[str, float], aim_id: str) -> None:
    choice = propose_aim(weight, AIMS)
    assert choice.aim.aim_id == aim_id
    assert choice == propose_aim(weight, list(reversed(AIMS.values())))


def test_enforcement_is_never_proposed() -> None:
    only = {"weapons_possession": 10.0}
    aims = {a: dataclasses.replace(aim, priority=99) for a, aim in AIMS.items()}
    assert not propose_aim(only, aims).aim.enforcement


def test_without_hours_nothing_is_suggested() -> None:
    choice = propose_aim({"robbery": 100}, AIMS, hours_known=False)
    assert choice.aim.aim_id == "visible_reassurance"
    assert "no time of day" in choice.why


def test_hours_decide_between_equals_and_priority_without_them() -> None:
    weight = {"harassment": 5.0, "anti_social_behaviour": 5.1}
    profile = np.zeros(160)
    profile[10:40] = 1  # the first half hour after the bell
    early = propose_aim(weight, AIMS, minute_profile=profile, before_min=10)
    assert early.aim.aim_id == "bullying_harassment"
    profile = np.zeros(160)
    profile[120:150] = 1
    late = propose_aim(weight, AIMS, minute_profile=profile, before_min=10)
    assert late.aim.aim_id == "early_intervention"
    assert propose_aim(weight, AIMS).aim.aim_id == "bullying_harassment"
    clear = {"harassment": 5.0, "anti_social_behaviour": 9.0}
    profile[:] = 0
    profile[10:40] = 1
    decided = propose_aim(clear, AIMS, minute_profile=profile, before_min=10)
    assert decided.aim.aim_id == "early_intervention"


def test_the_reason_holds_no_figure() -> None:
    weight = {"robbery": 7, "theft_from_person": 2, "burglary": 1}
    choice = propose_aim(weight, AIMS, category_names={"robbery": "Robbery"})
    assert choice.why == (
        "Nearly all of what was reported along this corridor was robbery and theft from person."
    )
    assert not any(character.isdigit() for character in choice.why)
    assert choice.considered == (("robbery_way_home", 0.9),)


def test_no_aim_to_fall_back_on() -> None:
    with pytest.raises(BadInput, match="fall back"):
        propose_aim({}, [AIMS["road_danger"]])


def test_a_person_sets_an_aim() -> None:
    choice = set_aim("weapons_intelligence", "Intelligence of Monday.", "Head of safety", AIMS)
    assert choice.aim.enforcement
    assert "Head of safety" in choice.why
    with pytest.raises(BadInput) as caught:
        set_aim("dragons", " ", "", AIMS)
    assert len(caught.value.problems) == 3


SETTING = AimSetting("S1", "weapons_intelligence", "Intelligence of Monday.", "Head of safety")


def test_the_hours_are_said_where_they_are_those_of_the_aim() -> None:
    weight, profile = {"harassment": 5.0}, np.zeros(160)
    profile[10:40] = 1
    early = propose_aim(weight, AIMS, minute_profile=profile, before_min=10)
    assert early.why.endswith("in the first 45 minutes after the bell, as is usual for this.")
    profile[:] = 0
    profile[100:] = 1
    late = propose_aim(weight, AIMS, minute_profile=profile, before_min=10)
    assert "the bell" not in late.why
    profile[30:130] = 1
    robbed = propose_aim({"robbery": 1.0}, AIMS, minute_profile=profile, before_min=10)
    assert "15 to 120 minutes after the bell" in robbed.why


def test_a_setting_of_the_school_is_taken_and_the_rule_is_kept_beside_it() -> None:
    weight = {"robbery": 9.0, "violence": 1.0}
    other = AimSetting("S2", "road_danger", "Crossing closed.", "Head of safety")
    choice = choose_aim("S1", [other, SETTING], weight, AIMS)
    assert choice.aim.aim_id == "weapons_intelligence"
    assert choice.set_by == "Head of safety"
    assert choice.proposed is not None
    assert choice.proposed.aim_id == "robbery_way_home"
    assert choice.considered == propose_aim(weight, AIMS).considered
    assert choose_aim("S3", [other, SETTING], weight, AIMS) == propose_aim(weight, AIMS)


def test_settings_that_cannot_hold_are_named() -> None:
    twice = [SETTING, dataclasses.replace(SETTING, aim_id="road_danger")]
    with pytest.raises(BadInput, match="weapons_intelligence and road_danger") as caught:
        choose_aim("S1", twice, {}, AIMS)
    assert "S1" in str(caught.value)
    with pytest.raises(BadInput, match="aim of school S1: There is no such aim"):
        choose_aim("S1", [dataclasses.replace(SETTING, aim_id="dragons")], {}, AIMS)


# --- the bundled aims and roles, against what partnerships and the method ask of them


def test_each_partnership_aim_has_an_aim_and_each_aim_a_pattern() -> None:
    with bundled_path("reference/aims.toml").open("rb") as file:
        partnership_aims = tomllib.load(file)["partnership_aims"]
    assert len(partnership_aims) == 4
    assert {aim.partnership_aim for aim in AIMS.values()} == set(partnership_aims)
    for aim in AIMS.values():
        assert aim.police_why
        assert aim.min_posts >= 2
        is_fallback = not aim.categories
        assert is_fallback or aim.enforcement or aim.after_bell_min is not None


def test_police_support_and_another_role_leads() -> None:
    roles = read_roles()
    police = {role_id for role_id, role in roles.items() if role.police}
    assert {"ward_officer", "school_officer"} == police
    assert roles["school_officer"].school_linked != roles["ward_officer"].school_linked
    for aim in AIMS.values():
        assert aim.enforcement or not police & set(aim.lead_roles)
        assert not police & set(aim.welcome)
        for role in police:
            # where police are not needed no police role can slip in
            assert aim.police == "needed" or role in aim.unsuitable


def test_terms_of_reference_are_whole() -> None:
    for role in read_roles().values():
        assert all((role.name, role.does, role.does_not, role.training))
        assert "does not" in role.does_not.lower()
