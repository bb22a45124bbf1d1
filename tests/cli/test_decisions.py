"""A mix that a person sets and a patrol that a person cancels, through the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from icalendar import Calendar

from tests.cli.running import Planned, plan_area, run_corridors
from tests.cli.test_choices import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, quick
from tests.small_area import WEEK

if TYPE_CHECKING:
    from pathlib import Path

MIX = """
[[mixes]]
school = "S1"
needed = [["youth_worker"], ["community_safety_officer"]]
min_posts = 2
police = "absent"
reason = "Pupils asked for people they know."
by = "Community safety team"
"""


def cancelled(*days: str) -> str:
    return "".join(
        f'\n[[cancellations]]\nschool = "S1"\non = {day}\n'
        'reason = "A training day of ours."\nby = "Community safety team"\n'
        for day in days
    )


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    folder = tmp_path_factory.mktemp("free")
    return plan_area(quick(folder / "area"), folder / "out")


def test_a_mix_without_police_in_place_of_one_with(free: Planned, tmp_path: Path) -> None:
    assert any(patrol["police"] == "needed" for patrol in free.plan["patrols"])
    made = plan_area(quick(tmp_path / "area", MIX), tmp_path / "out", "--last-plan", free.folder)
    patrols = made.plan["patrols"]
    assert patrols
    for patrol in patrols:
        assert patrol["aim"] == "robbery_way_home@S1"
        assert (patrol["police"], patrol["police_min"]) == ("absent", 0)
        roles = {post["role"] for post in patrol["posts"]}
        assert {"youth_worker", "community_safety_officer"} <= roles
        assert patrol["protocol_id"] == "no-police-robbery_way_home-S1"
        assert "Its mix was set by Community safety team: Pupils asked" in patrol["aim_why"]
        told = " ".join(one["what"] for one in patrol["alternatives"])
        assert "which the rule proposes" not in told
    assert made.plan["status"] == "draft"
    assert any("its mix is set by a person" in one["what"] for one in made.plan["changes"])
    notice = made.read("public/notices/S1.html")
    assert "Robbery and theft on the way home" in notice
    assert "The team decided that these patrols need no police." in notice
    assert "Pupils asked" not in notice
    # where, when and how much: none of it is the mix
    for key in ("segment_ids", "need", "bound"):
        assert made.plan["corridors"][0][key] == free.plan["corridors"][0][key]


def test_one_patrol_is_cancelled_and_the_others_stay(free: Planned, tmp_path: Path) -> None:
    area = quick(tmp_path / "area", cancelled(TUESDAY))
    made = plan_area(area, tmp_path / "out", "--last-plan", free.folder)
    assert set(made.posts) == {MONDAY, WEDNESDAY, THURSDAY, FRIDAY}
    assert made.posts == {day: posts for day, posts in free.posts.items() if day != TUESDAY}
    (gone,) = made.plan["cancelled"]
    was = next(one for one in free.plan["patrols"] if one["starts_at"].startswith(TUESDAY))
    assert (gone["starts_at"], gone["ends_at"]) == (was["starts_at"], was["ends_at"])
    assert (gone["reason"], gone["school_ids"]) == ("A training day of ours.", ["S1"])
    assert [one["kind"] for one in made.plan["changes"]] == ["removed"]
    notice = made.read("public/notices/S1.html")
    assert "This patrol does not take place:" in notice
    assert "Tuesday 7 July" in notice
    assert "training day" not in notice
    assert "training day" in made.read("internal/plan.html")
    events = Calendar.from_ical(made.read("public/notices/S1.ics")).walk("VEVENT")
    assert len(events) == len(free.plan["patrols"]) - 1


def test_a_whole_week_is_cancelled(tmp_path: Path) -> None:
    days = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
    made = plan_area(quick(tmp_path / "area", cancelled(*days)), tmp_path / "out")
    assert made.plan["patrols"] == []
    assert len(made.plan["cancelled"]) == 5
    school = next(one for one in made.plan["schools"] if one["school_id"] == "S1")
    assert school["outcome"] == "uncovered"
    assert school["reason"] == "The evidence carries patrols, and all of this week were cancelled."
    assert made.plan["unmet"] == []
    notice = made.read("public/notices/S1.html")
    assert "These patrols do not take place:" in notice
    assert "it was cancelled" in notice


def test_a_day_without_a_patrol_is_told(tmp_path: Path) -> None:
    area = quick(tmp_path / "area", cancelled("2026-07-11"))
    made = plan_area(area, tmp_path / "out")
    assert made.plan["cancelled"] == []
    assert "S1: nothing to cancel on Saturday 11 July 2026." in made.notes


BAD = {
    "a role that nobody knows": (
        MIX.replace('"youth_worker"', '"youth_woker"'),
        ("mixes[1].needed", "youth_worker"),
    ),
    "no group": (
        MIX.replace('[["youth_worker"], ["community_safety_officer"]]', "[]"),
        ("mixes[1].needed", "groups of roles"),
    ),
    "police that stand in for others": (
        MIX.replace('["youth_worker"]', '["youth_worker", "ward_officer"]'),
        ("mixes[1].needed", "mixes police and other roles"),
    ),
    "police that are not wanted": (
        MIX.replace('["youth_worker"]', '["ward_officer"]'),
        ("mixes[1].needed", "contradict"),
    ),
    "police that nobody named": (
        MIX.replace('"absent"', '"needed"'),
        ("mixes[1].needed", "contradict"),
    ),
    "a word that is none": (MIX.replace('"absent"', '"some"'), ("mixes[1].police", "on_call")),
    "alone": (MIX.replace("min_posts = 2", "min_posts = 1"), ("mixes[1].min_posts", "alone")),
    "no reason": (MIX.replace("reason", "raeson"), ("mixes[1].reason",)),
    "set twice": (MIX + MIX, ("mixes[2].school", "twice")),
    "a school that nobody knows": (MIX.replace('"S1"', '"S9"'), ("mixes[1].school", "S9")),
    "cancelled twice": (cancelled(MONDAY, MONDAY), ("cancellations[2].on", "twice")),
    "cancelled for nobody": (
        cancelled(MONDAY).replace('"S1"', '"S8"'),
        ("cancellations[1].school", "S8"),
    ),
    "cancelled on no day": (
        cancelled(MONDAY).replace(MONDAY, '"soon"'),
        ("cancellations[1].on",),
    ),
    "an enforcement without police": (
        MIX + '\n[[aims]]\nschool = "S1"\naim = "weapons_intelligence"\nreason = "R."\nby = "B"\n',
        ("mixes of school S1", "enforcement"),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_decided_is_refused(tmp_path: Path, case: str) -> None:
    more, said = BAD[case]
    area = quick(tmp_path / "area", more)
    out = tmp_path / "out"
    told = run_corridors("plan", "--week", WEEK, "--out", out, area.file)
    assert told.code == 2, told.out
    assert all(word in told.err for word in said), told.err
    assert not out.exists()
