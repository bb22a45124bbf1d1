"""A plan that follows another: as little as possible changes, and what does is listed."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.running import Planned, plan_area, run_corridors
from tests.small_area import WEEK, SmallArea, write_small_area

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_area(folder: Path) -> SmallArea:
    area = write_small_area(folder)
    area.swap("area.toml", "seed = 7", 'seed = 7\ncorridor_search = "fast"')
    return area


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    folder = tmp_path_factory.mktemp("last")
    return plan_area(write_area(folder / "area"), folder / "out")


def test_the_same_week_again_changes_nothing(last: Planned, tmp_path: Path) -> None:
    area = write_area(tmp_path / "area")
    again = plan_area(area, tmp_path / "out", "--last-plan", last.folder)
    assert again.plan["changes"] == []
    assert again.posts == last.posts
    for key in ("patrols", "corridors", "unmet"):
        assert again.plan[key] == last.plan[key]
    file = last.folder / "internal" / "plan.json"
    assert again.plan["replaces"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert last.plan["replaces"] is None


def test_a_plan_may_replace_the_one_that_it_follows(last: Planned, tmp_path: Path) -> None:
    """The folder of the last plan is the one that is written: it is read before it is replaced."""
    area = write_area(tmp_path / "area")
    first = plan_area(area, tmp_path / "out")
    assert first.posts == last.posts
    again = plan_area(area, tmp_path / "out", "--last-plan", tmp_path / "out")
    assert again.plan["changes"] == []
    assert again.posts == last.posts


def test_a_post_that_is_ill_is_replaced_and_nobody_else_moves(
    last: Planned, tmp_path: Path
) -> None:
    day = min(last.posts)
    ill = next(post for post in last.posts[day] if post != "WO1")
    area = write_area(tmp_path / "area")
    toml = (area.folder / "area.toml").read_text(encoding="utf-8")
    area.write("area.toml", f'{toml}\n[[absences]]\npost = "{ill}"\nfrom = {day}\nto = {day}\n')
    file = last.folder / "internal" / "plan.json"
    made = plan_area(area, tmp_path / "out", "--last-plan", file)
    assert ill not in made.posts[day]
    assert {one: posts for one, posts in made.posts.items() if one != day} == {
        one: posts for one, posts in last.posts.items() if one != day
    }
    # of those who were there, all stay but the one who is ill
    assert set(last.posts[day]) - set(made.posts[day]) == {ill}
    (change,) = made.plan["changes"]
    assert (change["kind"], change["subject"]) == ("changed", "patrol")
    assert change["subject_id"].endswith(day)
    (come,) = set(made.posts[day]) - set(last.posts[day])
    assert f"{come} in place of {ill}" in change["what"]
    page = made.read("internal/plan.html")
    assert "What changes from the last plan" in page
    assert f"{come} in place of {ill}" in page


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], object], tuple[str, ...]]] = {
    "of another version": (lambda plan: {**plan, "schema_version": "2.0"}, ("2.0", "1.0")),
    "of no version": (lambda plan: {**plan, "schema_version": 3}, ("schema version",)),
    "without its patrols": (
        lambda plan: {key: value for key, value in plan.items() if key != "patrols"},
        ("patrols is missing or damaged",),
    ),
    "that is a list": (lambda plan: [plan], ("no plan",)),
}


@pytest.mark.parametrize("case", [*SPOILT, "cut short", "missing"])
def test_a_last_plan_that_cannot_be_used(last: Planned, tmp_path: Path, case: str) -> None:
    text = last.read("internal/plan.json")
    spoilt = tmp_path / "plan.json"
    said: tuple[str, ...] = ("damaged",)
    if case in SPOILT:
        change, said = SPOILT[case]
        spoilt.write_text(json.dumps(change(json.loads(text))), encoding="utf-8")
    elif case == "cut short":
        spoilt.write_text(text[: len(text) // 2], encoding="utf-8")
    else:
        said = ("cannot be read",)
    area, out = write_area(tmp_path / "area"), tmp_path / "out"
    told = run_corridors("plan", area.file, "--week", WEEK, "--out", out, "--last-plan", spoilt)
    assert told.code == 2
    assert all(words in told.err for words in said), told.err
    assert "plan.json" in told.err
    assert not out.exists()
