from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from corridors.domain.area import Absence
from corridors.domain.parameters import Parameters
from corridors.domain.plan import PLAN_SCHEMA_VERSION, Plan
from corridors.domain.vocabulary import Outcome
from corridors.errors import BadInput
from corridors.outputs.plan_json import plan_to_json
from corridors.planning.replanning import plan_changes, replan
from corridors.planning.roster import RosterResult, staff_patrols
from corridors.planning.roster_last import roster_of_document
from corridors.sources.last_plan import read_last_plan
from tests.checks.rosters import AIMS, MONDAY, ROLES, a_demand, a_post
from tests.toy import toy_plan

if TYPE_CHECKING:
    from pathlib import Path

    from corridors.planning.week import PatrolDemand

PARAMETERS = Parameters()
POSTS = [a_post(f"y{n}", most=4) for n in range(6)]
DEMANDS = [
    a_demand(f"{corridor}-{day}", day=day, corridor=corridor, school=f"S{corridor}", weight=5 + day)
    for day in range(3)
    for corridor in ("A", "B")
]


def a_document(demands: list[PatrolDemand], result: RosterResult, days: int = 0) -> dict[str, Any]:
    """Write the parts of a plan that are read again, so many days earlier."""
    back = timedelta(days=days)
    by_id = {demand.demand_id: demand for demand in demands}
    return {
        "week": (MONDAY - back).date().isoformat(),
        "patrols": [
            {
                "patrol_id": demand_id,
                "corridor_id": by_id[demand_id].corridor_id,
                "school_id": by_id[demand_id].school_id,
                "starts_at": (by_id[demand_id].starts_at - back).isoformat(),
                "ends_at": (by_id[demand_id].ends_at - back).isoformat(),
                "posts": [{"post_id": post.post_id} for post in staffing.posts],
            }
            for demand_id, staffing in result.staffed.items()
        ],
    }


def places(result: RosterResult) -> set[tuple[str, str]]:
    return {(d, post.post_id) for d, s in result.staffed.items() for post in s.posts}


def value(result: RosterResult, name: str) -> int:
    return next(stage.value for stage in result.stages if stage.name == name)


@pytest.mark.parametrize("days", [0, 7])
def test_without_a_change_nothing_changes(days: int) -> None:
    # By another seed the roster would be another one of the same quality.
    first = staff_patrols(DEMANDS, POSTS, AIMS, ROLES, PARAMETERS, seed=5)
    again = replan(a_document(DEMANDS, first, days), DEMANDS, POSTS, AIMS, ROLES, PARAMETERS)
    assert places(again) == places(first)
    assert value(again, "changed_places") == value(again, "lost_patrols") == 0
    assert again.is_optimal


def test_an_ill_post_is_replaced_and_no_one_else_moves() -> None:
    first = staff_patrols(DEMANDS, POSTS, AIMS, ROLES, PARAMETERS)
    ill = next(iter(first.staffed.values())).posts[0].post_id
    away = [Absence(ill, MONDAY.date(), MONDAY.date() + timedelta(days=4))]
    n_ill = sum(post_id == ill for _, post_id in places(first))
    document = a_document(DEMANDS, first)
    new = replan(document, DEMANDS, POSTS, AIMS, ROLES, PARAMETERS, absences=away)
    kept = places(first) & places(new)
    assert len(new.staffed) == len(first.staffed)
    assert places(first) - kept == {place for place in places(first) if place[1] == ill}
    assert len(places(new) - kept) == n_ill
    assert value(new, "changed_places") == 2 * n_ill


def test_a_school_that_closes_early_and_a_new_cluster() -> None:
    first = staff_patrols(DEMANDS, POSTS, AIMS, ROLES, PARAMETERS)
    early = [
        dataclasses.replace(
            demand,
            starts_at=demand.starts_at - timedelta(minutes=45),
            ends_at=demand.ends_at - timedelta(minutes=45),
        )
        if demand.corridor_id == "A"
        else demand
        for demand in DEMANDS
    ]
    new = [*early, a_demand("C-0", corridor="C", school="SC", weight=9)]
    result = replan(a_document(DEMANDS, first), new, POSTS, AIMS, ROLES, PARAMETERS)
    assert places(first) <= places(result)
    assert len(result.staffed) == 7


def test_of_equal_patrols_the_one_of_the_last_plan_is_kept() -> None:
    # Two patrols of equal need at one time, people for one.
    demands = [a_demand("a", corridor="A"), a_demand("b", corridor="B")]
    posts = [a_post("y1"), a_post("y2")]
    for kept in ("a", "b"):
        only = [demand for demand in demands if demand.demand_id == kept]
        first = staff_patrols(only, posts, AIMS, ROLES, PARAMETERS)
        new = replan(a_document(only, first), demands, posts, AIMS, ROLES, PARAMETERS)
        assert set(new.staffed) == {kept}
    heavier = [demands[0], dataclasses.replace(demands[1], weight=1.1)]
    first = staff_patrols(demands[:1], posts, AIMS, ROLES, PARAMETERS)
    new = replan(a_document(demands[:1], first), heavier, posts, AIMS, ROLES, PARAMETERS)
    assert set(new.staffed) == {"b"}  # need comes first


def test_continuity_comes_last_where_the_week_is_not_replanned() -> None:
    demands = [a_demand(f"{c}-0", corridor=c, school=f"S{c}") for c in ("A", "B")]
    posts = [a_post(f"y{n}") for n in range(4)]
    first = staff_patrols(demands, posts, AIMS, ROLES, PARAMETERS, seed=3)
    document = a_document(demands, first, days=7)
    # Another weekday: only the corridor is the same.
    later = [
        dataclasses.replace(
            d, starts_at=d.starts_at + timedelta(days=1), ends_at=d.ends_at + timedelta(days=1)
        )
        for d in demands
    ]
    new = staff_patrols(later, posts, AIMS, ROLES, PARAMETERS, last=roster_of_document(document))
    assert new.stages[-1].name == "new_places"
    assert value(new, "new_places") == 0
    assert "changed_places" not in {stage.name for stage in new.stages}
    assert places(new) == places(first)


# --- the list of changes


def as_document(plan: Plan) -> dict[str, Any]:
    return dict(json.loads(plan_to_json(plan)))


def test_the_same_plan_has_no_changes() -> None:
    assert plan_changes(as_document(toy_plan()), toy_plan()) == ()


def test_every_kind_of_change_in_words() -> None:
    old = toy_plan()
    patrol, corridor = old.patrols[0], old.corridors[0]
    posts = (dataclasses.replace(patrol.posts[0], post_id="NEW-1"), *patrol.posts[1:])
    later = dataclasses.replace(
        patrol,
        starts_at=patrol.starts_at + timedelta(minutes=5),
        ends_at=patrol.ends_at + timedelta(minutes=5),
        posts=posts,
        aim="road_danger",
        police_min=75,
    )
    added = dataclasses.replace(
        patrol,
        patrol_id="extra",
        starts_at=patrol.starts_at + timedelta(days=3),
        ends_at=patrol.ends_at + timedelta(days=3),
    )
    schools = list(old.schools)
    number = next(n for n, s in enumerate(schools) if s.outcome is Outcome.PATROL)
    schools[number] = dataclasses.replace(
        schools[number], outcome=Outcome.UNCOVERED, reason="Nobody suitable can walk it."
    )
    new = dataclasses.replace(
        old,
        patrols=(later, added),
        corridors=(
            dataclasses.replace(
                corridor,
                segment_ids=corridor.segment_ids[:-1],
                streets=("New Street",),
                length_m=80.0,
            ),
        ),
        schools=tuple(schools),
    )
    said = {(c.kind, c.subject): c for c in plan_changes(as_document(old), new)}
    hours = f"{later.starts_at:%H:%M} to {later.ends_at:%H:%M}"
    changed = said["changed", "patrol"]
    assert changed.subject_id == patrol.patrol_id
    assert f"{hours} in place of {patrol.starts_at:%H:%M} to {patrol.ends_at:%H:%M}" in changed.what
    assert f"NEW-1 in place of {patrol.posts[0].post_id}" in changed.what
    assert f"the aim is road danger and was {patrol.aim.replace('_', ' ')}" in changed.what
    assert "75 police minutes in place of 0" in changed.what
    assert said["added", "patrol"].subject_id == "extra"
    assert "A new patrol on " in said["added", "patrol"].what
    assert "80 m long and was" in said["changed", "corridor"].what
    assert "takes in New Street" in said["changed", "corridor"].what
    assert said["changed", "school"].what == (
        "Now a corridor that nobody suitable can walk; before a patrol. "
        "Nobody suitable can walk it."
    )
    back = {(c.kind, c.subject): c for c in plan_changes(as_document(new), old)}
    assert back["removed", "patrol"].subject_id == "extra"
    assert back["removed", "patrol"].what.endswith("is no longer walked.")


def test_two_weeks_are_compared_by_weekday() -> None:
    old = toy_plan()
    week = timedelta(days=7)
    new = dataclasses.replace(
        old,
        week=old.week + week,
        patrols=tuple(
            dataclasses.replace(
                p,
                patrol_id=f"{p.patrol_id}-next",
                starts_at=p.starts_at + week,
                ends_at=p.ends_at + week,
            )
            for p in old.patrols
        ),
    )
    assert plan_changes(as_document(old), new) == ()
    gone = dataclasses.replace(old, patrols=(), corridors=(), schools=())
    kinds = [(c.kind, c.subject) for c in plan_changes(as_document(old), gone)]
    assert set(kinds) == {("removed", "patrol"), ("removed", "corridor"), ("removed", "school")}
    assert {c.kind for c in plan_changes(as_document(gone), old)} == {"added"}


# --- reading it


def test_a_plan_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(plan_to_json(toy_plan()), "utf-8")
    last = read_last_plan(path)
    assert (last.week, last.schema_version) == (toy_plan().week, PLAN_SCHEMA_VERSION)
    assert len(last.sha256) == 64
    assert last.notes == ()
    found = roster_of_document(last.document)
    assert {place.post_id for place in found.places} == {
        post.post_id for patrol in toy_plan().patrols for post in patrol.posts
    }
    folder = tmp_path / "out"
    (folder / "internal").mkdir(parents=True)
    (folder / "internal" / "plan.json").write_text(plan_to_json(toy_plan()), "utf-8")
    assert read_last_plan(folder) == last


def test_a_newer_plan_of_the_same_first_number_is_read(tmp_path: Path) -> None:
    document = as_document(toy_plan()) | {"schema_version": "1.97", "something": {"new": 1}}
    document["patrols"][0]["mood"] = "good"
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document), "utf-8")
    (note,) = read_last_plan(path).notes
    assert "1.97" in note
    assert PLAN_SCHEMA_VERSION in note


def test_another_version_is_refused_naming_both(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(as_document(toy_plan()) | {"schema_version": "2.0"}), "utf-8")
    with pytest.raises(BadInput, match=r"2\.0") as caught:
        read_last_plan(path, shown="last week's plan")
    assert PLAN_SCHEMA_VERSION in str(caught.value)
    assert "last week's plan" in str(caught.value)
    assert "again" in caught.value.problems[0].mend


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "damaged at line 1"),
        ('{"schema_version": "1.0",\n "week": ', "damaged at line 2"),
        ("[" * 100_000, "nested too deeply"),
        ("[1, 2]", "no plan"),
        ('{"week": "2026-01-05"}', "schema version"),
        ('{"schema_version": "Jane Doe"}', "schema version"),
        ('{"schema_version": 1.0}', "schema version"),
        ('{"schema_version": "1.0"}', "patrols is missing or damaged"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, "utf-8")
    with pytest.raises(BadInput) as caught:
        read_last_plan(path)
    assert said in str(caught.value)
    assert "Jane" not in str(caught.value)
    path.write_bytes(b"\xff\xfe\x00" + text.encode())
    with pytest.raises(BadInput):
        read_last_plan(path)


@pytest.mark.parametrize(
    ("part", "key", "bad"),
    [
        ("patrols", "starts_at", "2026-11-23T15:00:00"),
        ("patrols", "starts_at", "soon"),
        ("patrols", "posts", [{"post_id": 7}]),
        ("patrols", "police_min", True),
        ("corridors", "segment_ids", None),
        ("corridors", "length_m", "long"),
        ("schools", "school_id", 5),
    ],
)
def test_damaged_parts_are_named(tmp_path: Path, part: str, key: str, bad: object) -> None:
    document = as_document(toy_plan())
    document[part][0][key] = bad
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(BadInput) as caught:
        read_last_plan(path)
    (problem,) = caught.value.problems
    assert problem.what == f"{part} is missing or damaged."


def test_a_week_that_is_no_monday_or_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(as_document(toy_plan()) | {"week": "2026-11-24"}), "utf-8")
    with pytest.raises(BadInput, match="week is missing or damaged"):
        read_last_plan(path)
    with pytest.raises(BadInput, match="cannot be read"):
        read_last_plan(tmp_path / "none.json")
    with pytest.raises(BadInput, match="cannot be read"):
        read_last_plan(tmp_path)
