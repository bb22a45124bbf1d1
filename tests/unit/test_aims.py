from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from corridors.errors import BadInput
from corridors.planning.aims import propose_aim, set_aim
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
