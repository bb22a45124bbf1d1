"""The demo's plan: it keeps every rule, and its page answers where, when, who, why and what if."""

from __future__ import annotations

import copy
import dataclasses
import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from corridors.demo import demo_area_file
from tests.checks.plan_checker import PlanFolder, check_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def plan(demo_folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((demo_folder / "internal" / "plan.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def page(demo_folder: Path) -> str:
    return (demo_folder / "internal" / "plan.html").read_text(encoding="utf-8")


def sections(page: str) -> dict[str, str]:
    """Give the text under each heading, without tags."""
    found: dict[str, str] = {}
    parts = re.split(r"<h[1-4][^>]*>(.*?)</h[1-4]>", page, flags=re.DOTALL)
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        name = html.unescape(re.sub(r"<[^>]+>", "", heading)).strip()
        text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
        found[name] = found.get(name, "") + " " + text
    return found


@pytest.fixture(scope="module")
def made(demo_folder: Path) -> PlanFolder:
    return PlanFolder.read(demo_area_file(), demo_folder)


def test_every_rule_is_kept(made: PlanFolder) -> None:
    check_plan(made)


def _early(patrol: dict[str, Any]) -> None:
    patrol["starts_at"] = patrol["starts_at"].replace("T15", "T13")


SPOILS: dict[str, Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], Any]] = {
    "a street too few": lambda _plan, corridor, _: corridor["segment_ids"].pop(),
    "more need than there is": lambda _plan, corridor, _: corridor.update(need=1.0),
    "a bound that is none": lambda _plan, corridor, _: corridor.update(bound=1e-6),
    "a walk that jumps": lambda _plan, corridor, patrol: patrol["walk"].insert(
        1, corridor["walk"][-1]
    ),
    "a post twice": lambda _plan, _, patrol: patrol["posts"].append(patrol["posts"][0]),
    "a post alone": lambda _plan, _, patrol: patrol.update(posts=patrol["posts"][:1]),
    "before the bell": lambda _plan, _, patrol: _early(patrol),
    "police not counted": lambda _plan, _, patrol: patrol.update(police_min=5),
    "another outcome": lambda plan, *_: plan["schools"][0].update(outcome="out_of_term"),
}


@pytest.mark.parametrize("case", SPOILS)
def test_the_checker_sees_what_is_wrong(made: PlanFolder, case: str) -> None:
    """A checker that passes everything proves nothing."""
    plan = copy.deepcopy(made.plan)
    patrol = plan["patrols"][0]
    (corridor,) = (one for one in plan["corridors"] if one["corridor_id"] == patrol["corridor_id"])
    SPOILS[case](plan, corridor, patrol)
    with pytest.raises(AssertionError):
        check_plan(dataclasses.replace(made, plan=plan))


def test_the_page_answers_where_and_when_and_who(plan: dict[str, Any], page: str) -> None:
    told = sections(page)
    assert plan["corridors"]
    for corridor in plan["corridors"]:
        for street in corridor["streets"]:
            assert street in told["Where"]
        for step in corridor["steps"]:
            assert step["instruction"] in told["Directions"]
    for patrol in plan["patrols"]:
        for post in patrol["posts"]:
            assert post["post_id"] in told["When and who"]
            assert post["organisation"] in told["When and who"]
    glance = told["The week at a glance"]
    for day in {patrol["starts_at"][8:10].lstrip("0") for patrol in plan["patrols"]}:
        assert re.search(rf"\b{day} Nov", glance)
    assert re.search(r"\d(:\d\d)?pm to \d(:\d\d)?pm", glance)


def test_the_page_answers_why_and_what_if(plan: dict[str, Any], page: str) -> None:
    told = sections(page)
    for corridor in plan["corridors"]:
        assert all(sentence in told["Why"] for sentence in corridor["why"])
    protocols = "".join(text for name, text in told.items() if name.startswith("Protocol without"))
    what_if = told["What if"] + protocols
    for protocol in plan["protocols"]:
        assert protocol["call_police_how"] in what_if
        assert protocol["withdraw_to"] in what_if
        assert all(one in what_if for one in protocol["not_for_police"])
    for patrol in plan["patrols"]:
        assert patrol["aim_why"] in told["Why"]
        for cover in patrol["cover"]:
            assert cover["falls_away"] in what_if
    considered = told["Considered instead"]
    assert "No patrol" in considered
    for school in plan["schools"]:
        if school["outcome"] != "patrol":
            assert school["reason"] in told["Schools without a patrol, and why"]


def test_the_page_runs_nothing_and_asks_nobody(page: str) -> None:
    assert "<script" not in page
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", page)
    assert "default-src 'none'" in page
