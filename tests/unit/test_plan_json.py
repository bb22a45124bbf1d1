"""The plan document: the contract's fields, the schema's refusals, the same bytes each time."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from importlib.resources import files

import pytest

from corridors.domain.plan import Corridor, Patrol, Plan, Protocol, SchoolResult, Unmet
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


def test_every_field_is_described() -> None:
    path = files("corridors.outputs") / "schema" / "plan-1.0.schema.json"
    schema = json.loads(path.read_text("utf-8"))
    rows = {
        SchoolResult: schema["properties"]["schools"]["items"],
        Corridor: schema["$defs"]["corridor"],
        Patrol: schema["properties"]["patrols"]["items"],
        Unmet: schema["properties"]["unmet"]["items"],
        Protocol: schema["properties"]["protocols"]["items"],
        Plan: schema,
    }
    for record, part in rows.items():
        assert set(part["properties"]) == {field.name for field in fields(record)}
        assert set(part["required"]) == set(part["properties"])
        assert part["additionalProperties"] is False


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
