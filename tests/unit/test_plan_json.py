"""The plan document: the contract's fields, the schema's refusals, the same bytes each time."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from importlib.resources import files
from typing import Any

import pytest

from corridors.domain.plan import (
    Corridor,
    Patrol,
    Plan,
    Protocol,
    SchoolResult,
    Unmet,
)
from corridors.domain.plan_parts import (
    Alternative,
    AppliedEdit,
    Cover,
    PlanChange,
    RosterStage,
    TradeOff,
    WalkStep,
)
from corridors.errors import OutputError
from corridors.outputs.plan_json import check_plan_json, plan_to_json
from tests.toy import toy_plan


def test_the_contract() -> None:
    document = json.loads(plan_to_json(toy_plan()))
    assert document["schema_version"] == "1.0"
    assert document["week"] == "2026-11-23"
    assert {"status", "schools", "corridors", "patrols", "unmet"} <= document.keys()
    assert {"school_id", "outcome", "reason", "grade", "n", "p", "corridor_id"} <= document[
        "schools"
    ][0].keys()
    corridor = document["corridors"][0]
    assert corridor["segment_ids"] == corridor["walk"] == ["s02", "s08", "s00"]
    assert {"length_m", "walk_m", "need", "bound"} <= corridor.keys()
    patrol = document["patrols"][0]
    assert patrol["starts_at"] == "2026-11-24T15:15:00+00:00"
    assert patrol["posts"][0] == {
        "post_id": "YW-01",
        "role": "youth_worker",
        "organisation": "Toy Town Youth Project",
        "police": False,
    }
    assert patrol["dwell"] == [{"segment_id": "s02", "min": 12}, {"segment_id": "s00", "min": 10}]
    assert document["override"] is None


def test_agreements_are_told_with_their_day() -> None:
    document = json.loads(plan_to_json(toy_plan(agreed=True)))
    assert document["protocols"][0]["agreed_by"][0] == {
        "by": "Mill Lane School",
        "on": "2026-11-12",
    }


def test_floats_have_nine_digits_and_parameters_all_of_theirs() -> None:
    plan = toy_plan()
    corridor = replace(plan.corridors[0], need=1.0 / 3.0, length_m=1234.56789012345)
    plan = replace(plan, corridors=(corridor,), parameters={"seed": 0, "x": 1.0 / 3.0})
    document = json.loads(plan_to_json(plan))
    assert document["corridors"][0]["need"] == 0.333333333
    assert document["corridors"][0]["length_m"] == 1234.56789
    assert document["parameters"]["x"] == 1.0 / 3.0


def test_order_without_meaning_does_not_matter() -> None:
    plan = toy_plan()
    turned = replace(plan, schools=plan.schools[::-1], patrols=plan.patrols[::-1])
    assert plan_to_json(turned) == plan_to_json(plan)


ADDED = {
    Corridor: {
        "method", "gap", "walk_bound_m", "steps", "main_road_crossings", "weight_per_day",
        "weight_low", "weight_high", "edits", "shared_segment_ids", "shared_with",
    },
    Patrol: {"walk", "walk_min", "aim_why", "police_why", "cover", "alternatives"},
    Unmet: {"clash"},
    Plan: {"trade_off", "roster_stages", "changes", "cancelled", "replaces"},
}  # fmt: skip
"""Fields that came after the first plans of this version: written always, not required."""


def test_every_field_is_described() -> None:
    schema = _schema()
    corridor, patrol = schema["$defs"]["corridor"], schema["properties"]["patrols"]["items"]
    rows = {
        SchoolResult: schema["properties"]["schools"]["items"],
        Corridor: corridor,
        Patrol: patrol,
        Unmet: schema["properties"]["unmet"]["items"],
        Protocol: schema["properties"]["protocols"]["items"],
        Plan: schema,
        WalkStep: schema["$defs"]["step"],
        AppliedEdit: corridor["properties"]["edits"]["items"],
        Cover: patrol["properties"]["cover"]["items"],
        Alternative: patrol["properties"]["alternatives"]["items"],
        TradeOff: schema["properties"]["trade_off"]["items"],
        RosterStage: schema["properties"]["roster_stages"]["items"],
        PlanChange: schema["properties"]["changes"]["items"],
    }
    for record, part in rows.items():
        assert set(part["properties"]) == {field.name for field in fields(record)}
        assert set(part["required"]) == set(part["properties"]) - ADDED.get(record, set())
        assert part["additionalProperties"] is False


def test_a_plan_of_before_the_added_fields_still_holds() -> None:
    document = json.loads(plan_to_json(_full_plan()))
    for row, record in (
        (document, Plan),
        (document["corridors"][0], Corridor),
        (document["patrols"][0], Patrol),
        (document["unmet"][0], Unmet),
    ):
        assert set(row) >= ADDED[record]
        for name in ADDED[record]:
            del row[name]
    check_plan_json(document)


def _schema() -> dict[str, Any]:
    path = files("corridors.outputs") / "schema" / "plan-1.0.schema.json"
    return json.loads(path.read_text("utf-8"))


def _full_plan() -> Plan:
    """Give the toy plan with something in every field."""
    plan = toy_plan()
    corridor = replace(
        plan.corridors[0],
        method="proven",
        gap=0.02,
        walk_bound_m=290.0,
        steps=(
            WalkStep("Turn left into Mill Lane", "Mill Lane", 100, 1, 2, crosses_main_road=True),
        ),
        main_road_crossings=1,
        weight_per_day=0.5,
        weight_low=0.2,
        weight_high=0.9,
        edits=(AppliedEdit("forbid", "High Street", "Road works.", "Head of safety", 0.1),),
        shared_segment_ids=("s02",),
        shared_with=("corridor-T2",),
    )
    patrol = replace(
        plan.patrols[0],
        walk=("s02", "s08", "s00"),
        walk_min=5,
        aim_why="Most of it was robbery.",
        police_why="No police.",
        cover=(Cover("YW-01", None, "The patrol falls away."),),
        alternatives=(Alternative("No patrol", "The evidence carries one."),),
    )
    return replace(
        plan,
        corridors=(corridor, *plan.corridors[1:]),
        patrols=(patrol, *plan.patrols[1:]),
        unmet=tuple(replace(one, clash=("a", "b")) for one in plan.unmet),
        trade_off=(TradeOff(75, 2.0, 3, is_chosen=True), TradeOff(0, 1.0, 2)),
        roster_stages=(RosterStage("need", 2.0, is_optimal=True, gap=0.0),),
        changes=(PlanChange("added", "patrol", "p", "A new patrol."),),
        replaces="0" * 64,
    )


def test_added_fields_are_written() -> None:
    document = json.loads(plan_to_json(_full_plan()))
    assert [one["police_min"] for one in document["trade_off"]] == [0, 75]
    corridor, patrol = document["corridors"][0], document["patrols"][0]
    assert corridor["steps"][0]["crosses_main_road"] is True
    assert corridor["edits"][0]["by"] == "Head of safety"
    assert patrol["cover"][0]["stand_in"] is None
    assert patrol["alternatives"][0]["what"] == "No patrol"
    assert document["changes"][0]["subject_id"] == "p"
    plain = json.loads(plan_to_json(toy_plan()))
    assert plain["trade_off"] == plain["changes"] == []
    assert plain["replaces"] is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("status",), "final"),
        (("week",), "2026-13-01"),
        (("schools", 0, "p"), 1.5),
        (("schools", 0, "n"), -1),
        (("patrols", 0, "starts_at"), "2026-11-24T15:15:00"),
        (("patrols", 0, "surprise"), "x"),
        (("inputs",), {"a": "not a hash"}),
        (("corridors", 0, "method"), "guessed"),
        (("replaces",), "not a hash"),
    ],
)
def test_the_schema_refuses(path: tuple[str | int, ...], value: object) -> None:
    document = json.loads(plan_to_json(toy_plan()))
    check_plan_json(document)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(OutputError) as caught:
        check_plan_json(document)
    assert str(value) not in str(caught.value)


def test_nan_is_no_json() -> None:
    plan = toy_plan()
    bad = replace(plan.corridors[0], length_m=float("nan"))
    with pytest.raises(ValueError, match="JSON compliant"):
        plan_to_json(replace(plan, corridors=(bad,)))
