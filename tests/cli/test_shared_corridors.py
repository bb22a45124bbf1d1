"""Two schools whose corridors overlap: one corridor for both, or each its own, and it is said."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import Planned, plan_area
from tests.small_area import SmallArea, write_small_area

if TYPE_CHECKING:
    from pathlib import Path

NEIGHBOUR = "S3,Next School,150350,99996\n"
"""On Row 0, 200 m east of S1: the same robberies lie at both."""


def write_neighbours(folder: Path, bell: str, *parameters: str) -> SmallArea:
    """Write the small area with a third school, whose bell goes at another time."""
    area = write_small_area(folder)
    with (area.folder / "schools.csv").open("a", encoding="utf-8") as file:
        file.write(NEIGHBOUR)
    bells = f'default_bell = 15:15:00\nbells = [{{ school = "S3", time = {bell} }}]'
    area.swap("area.toml", "default_bell = 15:15:00", bells)
    area.swap("area.toml", "seed = 7", "\n".join(["seed = 7", *parameters]))
    return area


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Plan two neighbours whose bells are half an hour apart."""
    folder = tmp_path_factory.mktemp("joint")
    return plan_area(write_neighbours(folder / "area", "15:45:00"), folder / "out")


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Plan two neighbours whose windows meet for 115 minutes, where a patrol is 120 long."""
    folder = tmp_path_factory.mktemp("apart")
    given = ("patrol_min = 120", 'corridor_search = "fast"')
    return plan_area(write_neighbours(folder / "area", "16:00:00", *given), folder / "out")


def test_neighbours_share_a_corridor(joint: Planned) -> None:
    assert joint.outcomes == {"S1": "patrol", "S2": "evidence_too_weak", "S3": "patrol"}
    (corridor,) = joint.plan["corridors"]
    assert corridor["corridor_id"] == "corridor-S1-and-S3"
    assert corridor["school_ids"] == ["S1", "S3"]
    # both gates' streets are in it: of S1 from Column 1 to 2, of S3 from Column 3 to 4
    assert {"2-3-0", "3-4-0", "4-5-0"} <= set(corridor["segment_ids"])
    assert corridor["length_m"] <= 600
    assert "S1 and S3 share a corridor. One corridor of" in joint.notes
    ids = {school["school_id"]: school["corridor_id"] for school in joint.plan["schools"]}
    assert ids == {"S1": "corridor-S1-and-S3", "S2": None, "S3": "corridor-S1-and-S3"}


def test_their_patrols_lie_in_both_windows(joint: Planned) -> None:
    """S1's window is 15:05 to 17:45, S3's 15:35 to 18:15."""
    patrols = joint.plan["patrols"]
    assert patrols
    for patrol in patrols:
        starts_at, ends_at = (
            datetime.fromisoformat(patrol[key]).strftime("%H:%M")
            for key in ("starts_at", "ends_at")
        )
        assert "15:35" <= starts_at < ends_at <= "17:45"
    # one patrol a day for the two, not one each
    days = [patrol["starts_at"][:10] for patrol in patrols]
    assert len(set(days)) == len(days)


def test_both_schools_are_told(joint: Planned) -> None:
    n = len(joint.plan["patrols"])
    for school in ("S1", "S3"):
        calendar = joint.read(f"public/notices/{school}.ics")
        assert calendar.count("BEGIN:VEVENT") == n
        notice = joint.read(f"public/notices/{school}.html")
        assert "<h1>After-school patrols near" in notice
        assert "3:35pm to 4:50pm" in notice
        assert "Row 0" in notice
    assert joint.read("public/notices/S2.ics").count("BEGIN:VEVENT") == 0
    assert "<h1>No after-school patrol near" in joint.read("public/notices/S2.html")
    page = joint.read("internal/plan.html")
    assert "Row School and Next School" in page


def test_with_bells_far_apart_they_stay_apart(apart: Planned) -> None:
    corridors = {one["corridor_id"]: one for one in apart.plan["corridors"]}
    assert set(corridors) == {"corridor-S1", "corridor-S3"}
    one, other = corridors["corridor-S1"], corridors["corridor-S3"]
    both = set(one["segment_ids"]) & set(other["segment_ids"])
    assert both
    assert set(one["shared_segment_ids"]) == set(other["shared_segment_ids"]) == both
    assert (one["shared_with"], other["shared_with"]) == (["corridor-S3"], ["corridor-S1"])
    told = (
        "S1 and S3 share streets. Their windows meet for 115 minutes, and a joint patrol takes 120."
    )
    assert told in apart.notes
    assert {patrol["school_id"] for patrol in apart.plan["patrols"]} <= {"S1", "S3"}


def test_a_long_walk_does_not_fit_what_their_windows_have_in_common(tmp_path: Path) -> None:
    """They meet for 95 minutes: enough for a patrol of 75, and not for this walk and stay."""
    slow = ("walk_m_per_s = 0.3", "dwell_high_min = 60", 'corridor_search = "fast"')
    made = plan_area(write_neighbours(tmp_path / "area", "16:20:00", *slow), tmp_path / "out")
    assert {one["corridor_id"] for one in made.plan["corridors"]} == {"corridor-S1", "corridor-S3"}
    assert "Their windows meet for 95 minutes, and a joint patrol takes 100." in made.notes


def test_what_a_person_drew_is_not_made_one_with_another(tmp_path: Path) -> None:
    area = write_neighbours(tmp_path / "area", "15:15:00", 'corridor_search = "fast"')
    toml = (area.folder / "area.toml").read_text()
    drawn = (
        '\n[[corridors]]\nschool = "S3"\nredraw = { segments = ["4-5-0", "3-4-0", "2-3-0"] }\n'
        'reason = "The way to the bus."\nby = "Head teachers"\n'
    )
    area.write("area.toml", toml + drawn)
    made = plan_area(area, tmp_path / "out")
    corridors = {one["corridor_id"]: one for one in made.plan["corridors"]}
    assert set(corridors) == {"corridor-S1", "corridor-S3"}
    assert sorted(corridors["corridor-S3"]["segment_ids"]) == ["2-3-0", "3-4-0", "4-5-0"]
    assert corridors["corridor-S3"]["shared_with"] == ["corridor-S1"]
    assert "What a person changed on one of them is not changed again." in made.notes


def test_a_shared_corridor_without_a_day_is_walked_by_nobody_and_listed_once(
    tmp_path: Path,
) -> None:
    area = write_neighbours(
        tmp_path / "area", "15:15:00", 'corridor_search = "fast"', "min_day_share = 0.9"
    )
    made = plan_area(area, tmp_path / "out")
    assert made.outcomes == dict.fromkeys(("S1", "S2", "S3"), "evidence_too_weak")
    assert made.plan["corridors"] == made.plan["patrols"] == []
    candidates = [one["corridor_id"] for one in made.plan["candidates"]]
    assert sorted(candidates) == ["corridor-S1-and-S3", "corridor-S2"]
